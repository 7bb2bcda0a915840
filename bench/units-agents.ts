// SPDX-License-Identifier: Apache-2.0

import { openChangeCounter } from '../src/agent/change-counter.js';
import { followSchedule } from '../src/agent/follow-schedule.js';
import { runRegistration } from '../src/agent/registration.js';
import { openScheduledUnits } from '../src/agent/scheduled-units.js';
import type { Supervisor, UnitStatus } from '../src/agent/supervisor.js';
import { realClock, silentLog } from '../src/effects/index.js';
import { memoryFiles } from '../src/effects/testing.js';
import { connect, holdLease, keyOf } from '../src/etcd/index.js';
import { type MachineId, machineId } from '../src/model/index.js';
import { openRegistry } from '../src/registry/index.js';

/** The agents of many machines in this process, each with a connection of its own and the agent's own code. */
export interface Agents {
  readonly ids: readonly MachineId[];
  /** Resolves once so many units are told to be active by the machines that live. */
  untilActive(count: number): Promise<void>;
  /** Units that one machine has started. */
  startedOn(id: MachineId): number;
  /** So many bare puts by each, one after another, all machines side by side: what the store and the wire cost alone. */
  putEach(count: number): Promise<void>;
  /** Its power fails: it says nothing more, and its lease runs out. */
  kill(id: MachineId): Promise<void>;
  close(): Promise<void>;
}

/** Beginning all at once would measure the listening queue of the kernel. */
const atOnce = 50;

export async function startAgents(url: string, count: number, ttlSeconds: number): Promise<Agents> {
  const ids = Array.from({ length: count }, (_, index) => machineId(index.toString(16).padStart(32, '0')));
  const active = new Map<MachineId, Set<string>>(ids.map((id) => [id, new Set()]));
  const waiting = new Set<() => void>();
  const total = () => [...active.values()].reduce((sum, units) => sum + units.size, 0);
  const machines = new Map<MachineId, Machine>();
  for (let first = 0; first < count; first += atOnce) {
    const some = ids.slice(first, first + atOnce).map(async (id) => {
      const machine = startMachine(url, id, ttlSeconds, (unit, isActive) => {
        if (isActive) active.get(id)?.add(unit);
        else active.get(id)?.delete(unit);
        for (const look of waiting) look();
      });
      machines.set(id, machine);
      await machine.announced;
    });
    await Promise.all(some);
  }
  return {
    ids,
    untilActive: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          if (total() < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    startedOn: (id) => active.get(id)?.size ?? 0,
    async putEach(puts) {
      await Promise.all([...machines.values()].map((machine) => machine.put(puts)));
    },
    async kill(id) {
      active.get(id)?.clear();
      await machines.get(id)?.kill();
      machines.delete(id);
    },
    async close() {
      await Promise.all([...machines.values()].map((machine) => machine.kill()));
    },
  };
}

interface Machine {
  readonly announced: Promise<void>;
  put(count: number): Promise<void>;
  kill(): Promise<void>;
}

/** `onTold` is called once the store has what is told of a unit. */
function startMachine(
  url: string,
  id: MachineId,
  ttlSeconds: number,
  onTold: (unit: string, isActive: boolean) => void,
): Machine {
  const kv = connect([url], { timeoutMs: 120_000 });
  const log = silentLog;
  const deps = { kv, clock: realClock, log };
  const registry = openRegistry(deps);
  const supervisor = idleSupervisor();
  const scheduled = openScheduledUnits({
    clock: realClock,
    log,
    supervisor,
    files: memoryFiles(),
    root: '/',
  });
  const ended = new AbortController();
  const announcement = openAnnouncement();
  const machine = { id, publicIp: '', metadata: {}, version: '1' };
  const running = runRegistration(
    {
      clock: realClock,
      log,
      openMembership: async () => ({
        hold: (ttl, whileHeld, signal) => holdLease(deps, ttl, whileHeld, signal),
        announce: async (lease, announced, state) => {
          await registry.machines.announce(lease, announced, state);
          announcement.made();
        },
        watchConfig: (name, signal) => registry.machines.watchConfig(name, signal),
        close: async () => {},
      }),
      describe: async () => ({ machine, state: nodeState(id) }),
      follow: () => {
        let isFirst = true;
        return async (signal) => {
          const wasFirst = isFirst;
          isFirst = false;
          if (!wasFirst && !signal.aborted)
            await new Promise<void>((resolve) => {
              signal.addEventListener('abort', () => resolve(), { once: true });
            });
        };
      },
      whileHeld: async (_membership, lease, lost) => {
        const port = {
          async *watchSchedule(until: AbortSignal) {
            await registry.units.announceHost(lease, id, { name: id, memoryBytes: 2 ** 33, cpus: 4 });
            yield* registry.units.watchSchedule(id, until);
          },
          text: (hash: string) => registry.units.text(hash),
          async report(reports: Parameters<typeof registry.units.report>[2]) {
            await registry.units.report(lease, id, reports);
            for (const { unit, state } of reports) onTold(unit, state?.active === 'active');
          },
        };
        await followSchedule({ clock: realClock, log, supervisor, scheduled, port }, lost);
      },
    },
    ttlSeconds,
    ended.signal,
  );
  return {
    announced: announcement.promise,
    async put(count) {
      for (let index = 0; index < count; index += 1) {
        await kv.put({ key: keyOf(`/bench/${id}/${index}`), value: keyOf('x'.repeat(100)) });
      }
    },
    async kill() {
      // Its connection goes first, so that the lease cannot be given back.
      await kv.close();
      ended.abort();
      await running;
    },
  };
}

function nodeState(id: MachineId) {
  return {
    name: id,
    bootId: id,
    privateIp: '',
    publicIp: '',
    startedAt: 0,
    stage: 'running',
    units: [],
    problems: [],
  } as const;
}

/** Starts anything at once. */
function idleSupervisor(): Supervisor {
  const active = new Set<string>();
  const counter = openChangeCounter();
  const status = (name: string): UnitStatus =>
    active.has(name)
      ? { name, load: 'loaded', active: 'active', sub: 'running' }
      : { name, load: 'not-found', active: 'inactive', sub: 'dead' };
  return {
    reload: async () => 'unchanged',
    enable: async () => 'unchanged',
    isEnabled: async () => false,
    async command(name, command) {
      if (command === 'stop') active.delete(name);
      else active.add(name);
      counter.step();
      return 'changed';
    },
    resetFailed: async () => {},
    status: async (name) => status(name),
    statuses: async (names) => names.map(status),
    list: async () => [...active].map(status),
    changed: counter.changed,
    isGoingDown: async () => false,
    stopAll: async () => {},
  };
}

function openAnnouncement(): { readonly promise: Promise<void>; made(): void } {
  const state: { made: () => void } = { made: () => {} };
  const promise = new Promise<void>((resolve) => {
    state.made = resolve;
  });
  return { promise, made: () => state.made() };
}
