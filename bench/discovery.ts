// SPDX-License-Identifier: Apache-2.0

import { openWire, type Wire } from './discovery-client.js';
import { median, ms, printTable } from './measure.js';
import { type MeasuredProcess, withDiscovery, withEtcdV2 } from './measured-process.js';

/**
 * What discovery.etcd.io's server with an etcd behind it reached, and that etcd alone, on one computer with two cores.
 * Computers differ, so the etcd is measured anew here, and their figure taken in proportion.
 */
const theirs = { new: 2_281, registrations: 1_980, reads: 3_172, etcdAlone: 8_138 };
const goal = 5;

const connections = 64;
const registrations = 30_000;
const size = 3;
const waiting = 10_000;
const changes = 7;

/** Registrations, and one registration told to ten thousand who wait, beside discovery.etcd.io. */
export async function benchDiscovery(): Promise<void> {
  const etcd = await withEtcdV2(benchEtcd);
  await withDiscovery(async (service) => {
    const { made, registered } = await benchRegistrations(service);
    const fan = await benchFanOut(service);
    const row = (what: string, rate: Rate, their: number) => {
      const perCore = etcd === undefined ? Number.NaN : (etcd.perCore * their) / theirs.etcdAlone;
      return {
        what,
        value: `${rate.perCore.toFixed(0)}/s per core; ${rate.perSecond.toFixed(0)}/s by the clock`,
        beside: `discovery.etcd.io ${perCore.toFixed(0)}/s per core; ${their}/s by the clock, on its two cores`,
        ratio: `${(rate.perCore / perCore).toFixed(1)}x; ${(rate.perSecond / their).toFixed(1)}x`,
        goal: `${goal}x per core`,
      };
    };
    const rest = { ratio: '', goal: '' };
    const alone =
      etcd === undefined
        ? 'none here'
        : `${etcd.perCore.toFixed(0)}/s per core; ${etcd.perSecond.toFixed(0)}/s`;
    printTable('discovery', [
      row(`\`/new\`, ${connections} connections`, made, theirs.new),
      row(
        `registrations of ${size} under a token, ${connections} connections`,
        registered,
        theirs.registrations,
      ),
      row(`a change told to ${waiting} long polls: answers, median of ${changes}`, fan.told, theirs.reads),
      row(`long polls taken up, ${waiting} at once`, fan.asked, theirs.reads),
      {
        what: `the last of ${waiting} has the change after, median`,
        value: ms(fan.lastMs),
        beside: `memory of the service then ${fan.rssMiB.toFixed(0)} MiB`,
        ...rest,
      },
      {
        what: 'the same registrations straight to etcd 3.4, v2 API',
        value: alone,
        beside: `${theirs.etcdAlone}/s where discovery.etcd.io was measured`,
        ...rest,
      },
    ]);
  });
}

interface Rate {
  /** By the service's processor time. */
  readonly perCore: number;
  /** By the clock. */
  readonly perSecond: number;
}

/** Of something that did `count` things, by its own processor time and by the clock. */
async function measure(
  cpuMs: () => Promise<number>,
  count: number,
  work: () => Promise<void>,
): Promise<Rate> {
  const before = await cpuMs();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1_000;
  return { perCore: (count / ((await cpuMs()) - before)) * 1_000, perSecond: count / seconds };
}

async function benchEtcd({ port, cpuMs }: MeasuredProcess): Promise<Rate> {
  const wires = await Promise.all(Array.from({ length: connections }, () => openWire(port)));
  const run = async (from: number, count: number) => {
    const left = { next: from };
    await Promise.all(
      wires.map(async (wire) => {
        for (; left.next < from + count; ) {
          left.next += 1;
          const token = Math.floor(left.next / size)
            .toString(16)
            .padStart(32, '0');
          await register(wire, `v2/keys/_etcd/registry/${token}`, left.next);
        }
      }),
    );
  };
  await run(0, 3_000);
  const rate = await measure(cpuMs, registrations, () => run(10_000, registrations));
  for (const wire of wires) wire.close();
  return rate;
}

async function benchRegistrations(service: MeasuredProcess): Promise<{ made: Rate; registered: Rate }> {
  const wires = await Promise.all(Array.from({ length: connections }, () => openWire(service.port)));
  const tokens: string[] = [];
  const count = registrations / size;
  const makeTokens = async () => {
    const left = { count };
    await Promise.all(
      wires.map(async (wire) => {
        for (; left.count > 0; ) {
          left.count -= 1;
          tokens.push((await wire.ask(`GET /new?size=${size} HTTP/1.1`, '', 200)).slice(-32));
        }
      }),
    );
  };
  // As a service is that has run for a while.
  await warmUp(wires);
  const made = await measure(service.cpuMs, count, makeTokens);
  const left = { next: 0 };
  const registered = await measure(service.cpuMs, registrations, async () => {
    await Promise.all(
      wires.map(async (wire) => {
        for (; left.next < registrations; ) {
          const next = left.next;
          left.next += 1;
          // The machines of one cluster start at one time.
          await register(wire, tokens[Math.floor(next / size)] ?? '', next);
        }
      }),
    );
  });
  for (const wire of wires) wire.close();
  return { made, registered };
}

async function warmUp(wires: readonly Wire[]): Promise<void> {
  await Promise.all(
    wires.map(async (wire) => {
      for (let round = 0; round < 100; round += 1) {
        const token = (await wire.ask(`GET /new?size=${size} HTTP/1.1`, '', 200)).slice(-32);
        await register(wire, token, round);
      }
    }),
  );
}

async function register(wire: Wire, token: string, number: number): Promise<void> {
  const id = (number + 1).toString(16);
  const head = `PUT /${token}/${id}?prevExist=false HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded`;
  await wire.ask(head, `value=m${id}%3Dhttp%3A%2F%2F10.0.0.1%3A${2000 + (number % 60_000)}`, 201);
}

async function benchFanOut(service: MeasuredProcess) {
  const wires: Wire[] = [];
  for (let at = 0; at < waiting; at += 500) {
    wires.push(...(await Promise.all(Array.from({ length: 500 }, () => openWire(service.port)))));
  }
  // A wire of its own for each call: between two of them a kept one may be idle for longer than servers allow.
  const once = async <T>(work: (wire: Wire) => Promise<T>) => {
    const wire = await openWire(service.port);
    return work(wire).finally(() => wire.close());
  };
  const made = await once((wire) => wire.ask(`GET /new?size=${changes + 2} HTTP/1.1`, '', 200));
  const token = made.slice(-32);
  const rounds: { lastMs: number; told: Rate; asked: Rate }[] = [];
  const memory = { rssMiB: 0 };
  for (let round = 0, index = 1; round < changes; round += 1) {
    const head = `GET /${token}?recursive=true&wait=true&waitIndex=${index} HTTP/1.1`;
    const asked = await measure(service.cpuMs, waiting, async () => {
      await Promise.all(wires.map((wire) => wire.poll(head)));
    });
    memory.rssMiB = Math.max(memory.rssMiB, await service.rssMiB());
    const start = performance.now();
    const told = await measure(service.cpuMs, waiting, async () => {
      const all = Promise.all(wires.map((wire) => wire.told()));
      await once((wire) => register(wire, token, 1_000_000 + round));
      const [first] = await all;
      index = Number(/"modifiedIndex":(\d+)/.exec(first ?? '')?.[1]) + 1;
    });
    rounds.push({ lastMs: performance.now() - start, told, asked });
  }
  for (const wire of wires) wire.close();
  const middle = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
  const rate = (pick: 'told' | 'asked'): Rate => ({
    perCore: middle((round) => round[pick].perCore),
    perSecond: middle((round) => round[pick].perSecond),
  });
  return {
    told: rate('told'),
    asked: rate('asked'),
    lastMs: middle(({ lastMs }) => lastMs),
    rssMiB: memory.rssMiB,
  };
}
