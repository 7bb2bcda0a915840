// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { realClock, silentLog } from '../src/effects/index.js';
import { openBoard } from '../src/engine/index.js';
import { openPlanMemory, planUnits } from '../src/engine/units/plan-units.js';
import { connect } from '../src/etcd/index.js';
import { openRegistry, type Registry } from '../src/registry/index.js';
import { checkUnit } from '../src/units/index.js';
import { median, ms, printTable } from './measure.js';
import { type Agents, startAgents } from './units-agents.js';
import type { ControlFigures } from './units-control.js';

const machines = 1_000;
const units = 10_000;
/** As the agent has it when nobody says otherwise. */
const ttlSeconds = 30;
const quietMs = 10_000;

/** fleet's figures are those of its engine alone, on 2 shared cores (real Go engine, in memory) and of its defaults. */
const fleet = {
  placed: 'fleet engine alone, 1,000 x 3,000: 6,800 ms',
  idle: 'fleet 1,000 x 5,000: 23,200 ms',
  lost: 'fleet 2.1 s after its 30 s',
  beats: 'fleet re-reads all units on each of them every 5 s',
};

/**
 * 10,000 units on 1,000 machines: their agents in this process, each with its own connection and the real agent's code
 * from the schedule to the report, systemd apart; store and engine in another process, as they are in a control process.
 */
export async function benchUnits(): Promise<void> {
  const large = await withControl((control) => measure(control, machines, units));
  const small = await withControl((control) => measure(control, 10, 100));
  const rate = Math.round((units / large.placedMs) * 1_000);
  printTable(`Units: ${units} on ${machines} machines`, [
    row('all agents registered', ms(large.joinedMs)),
    row(
      'submitted to all placed, started and told',
      `${ms(large.placedMs)}, ${rate}/s`,
      fleet.placed,
      '10,000 ms',
    ),
    {
      ...row('the same', '', `as many bare puts by the same clients ${ms(large.floorMs)}`),
      ratio: `${(large.placedMs / large.floorMs).toFixed(1)}x`,
    },
    row('of that, processor time of store and engine', ms(large.placedCpuMs)),
    row('of that, processor time of the process with all agents', ms(large.agentsCpuMs)),
    row('a pass with nothing to do', `${large.idlePassMs.toFixed(3)} ms`, fleet.idle, '50 ms'),
    row('a pass over all units, nothing to do', ms(large.wholePassMs), fleet.idle, '50 ms'),
    row('requests of the engine to the store while nothing happens', large.engineIdle, '', '0'),
    row(
      `a machine's ${large.lostUnits} units told elsewhere, from the end of its lease`,
      ms(large.lostMs),
      fleet.lost,
      '1,000 ms',
    ),
    row(
      'one unit submitted to started and told, median of 9',
      ms(large.oneMs),
      'fleet some 4,000 ms',
      '1,000 ms',
    ),
    row(
      'requests for one unit, by all together',
      String(large.requestsForOne),
      `${small.requestsForOne} with 10 machines`,
      'flat',
    ),
    row(
      `heartbeats, TTL ${ttlSeconds} s`,
      `${large.beatsPerSecond.toFixed(0)} requests/s, ${large.idleCpu.toFixed(1)} % of a core`,
      fleet.beats,
    ),
  ]);
}

function row(what: string, value: string, beside = '', goal = '') {
  return { what, value, beside, ratio: '', goal };
}

interface Control {
  readonly url: string;
  figures(): Promise<ControlFigures>;
}

async function withControl<T>(work: (control: Control) => Promise<T>): Promise<T> {
  const child: ChildProcess = fork(process.argv[1] ?? '', ['units-control'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }];
    return await work({
      url,
      async figures() {
        child.send({});
        const [figures] = (await once(child, 'message')) as [ControlFigures];
        return figures;
      },
    });
  } finally {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
}

async function measure(control: Control, machineCount: number, unitCount: number) {
  const client = connect([control.url], { timeoutMs: 120_000 });
  const registry = openRegistry({ kv: client, clock: realClock, log: silentLog });
  const begun = performance.now();
  const agents = await startAgents(control.url, machineCount, ttlSeconds);
  try {
    const joinedMs = performance.now() - begun;
    const before = await control.figures();
    const own = process.cpuUsage();
    const start = performance.now();
    const names = Array.from({ length: unitCount }, (_, index) => `u${index}.service`);
    await registry.units.submitAll(names.map(submission));
    await agents.untilActive(unitCount);
    const placedMs = performance.now() - start;
    const used = process.cpuUsage(own);
    const agentsCpuMs = (used.user + used.system) / 1_000;
    const placedCpuMs = (await control.figures()).cpuMs - before.cpuMs;
    const floorStart = performance.now();
    await agents.putEach(unitCount / machineCount);
    const floorMs = performance.now() - floorStart;
    await pause(1_000);
    const quiet = await control.figures();
    await pause(quietMs);
    const later = await control.figures();
    const one = await startOne(control, registry, agents, unitCount);
    const passes = await measurePasses(registry);
    const lost = await loseOne(registry, agents, unitCount + one.count);
    return {
      joinedMs,
      placedMs,
      placedCpuMs,
      agentsCpuMs,
      floorMs,
      engineIdle: String(sum(later.engine) - sum(quiet.engine)),
      beatsPerSecond: (sum(later.clients) - sum(quiet.clients)) / (quietMs / 1_000),
      idleCpu: (100 * (later.cpuMs - quiet.cpuMs)) / quietMs,
      oneMs: one.tookMs,
      requestsForOne: one.requests,
      ...passes,
      ...lost,
    };
  } finally {
    await agents.close();
    await client.close();
  }
}

function submission(unit: string) {
  const checked = checkUnit(unit, '[Service]\nExecStart=/bin/sleep 600\n');
  if (checked.kind === 'bad') throw new Error('the unit is bad');
  const { hash, text } = checked.unit;
  return { unit, hash, text, targetState: 'launched' as const };
}

/** Heartbeats go on meanwhile: the run with the fewest requests met the fewest of them. */
async function startOne(control: Control, registry: Registry, agents: Agents, unitCount: number) {
  const count = 9;
  const took: number[] = [];
  const requests: number[] = [];
  for (let run = 1; run <= count; run += 1) {
    const before = await control.figures();
    const start = performance.now();
    await registry.units.submit(submission(`one${run}.service`));
    await agents.untilActive(unitCount + run);
    took.push(performance.now() - start);
    const after = await control.figures();
    requests.push(
      sum(withoutBeats(after.clients)) -
        sum(withoutBeats(before.clients)) +
        sum(after.engine) -
        sum(before.engine),
    );
  }
  return { count, tookMs: median(took), requests: median(requests) };
}

function withoutBeats({ keepAlive: _beats, ...rest }: ControlFigures['clients']): ControlFigures['clients'] {
  return rest;
}

/** On what the registry holds, in this process: what the engine does whenever something changes. */
async function measurePasses(registry: Registry) {
  const table = await registry.units.table();
  const board = openBoard(table);
  const memory = openPlanMemory();
  const now = Date.now();
  const first = planUnits(board, memory, now);
  if (first.decisions.length > 0) throw new Error(`there was something to do: ${first.decisions[0]?.reason}`);
  const timed = (prepare: () => void) =>
    median(
      Array.from({ length: 9 }, () => {
        prepare();
        const start = performance.now();
        planUnits(board, memory, now);
        return performance.now() - start;
      }),
    );
  return {
    idlePassMs: timed(() => board.touch('u0.service')),
    wholePassMs: timed(() => {
      for (const name of table.jobs.keys()) board.touch(name);
    }),
  };
}

async function loseOne(registry: Registry, agents: Agents, all: number) {
  const [lost] = agents.ids.filter((id) => agents.startedOn(id) > 0);
  if (lost === undefined) throw new Error('no machine has a unit');
  const lostUnits = agents.startedOn(lost);
  const ended = new AbortController();
  const gone = (async () => {
    for await (const { table } of registry.units.watch(ended.signal)) {
      if (table.machines.get(lost)?.machine === undefined) return performance.now();
    }
    return Number.NaN;
  })();
  await agents.kill(lost);
  const since = await gone;
  await agents.untilActive(all);
  ended.abort();
  return { lostUnits, lostMs: performance.now() - since };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function pause(limitMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, limitMs));
}
