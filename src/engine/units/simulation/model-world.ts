// SPDX-License-Identifier: Apache-2.0

import { type MachineId, machineId } from '../../../model/index.js';
import { openUnitTable, type ScheduleEntry } from '../../../registry/index.js';
import { checkUnit } from '../../../units/index.js';
import { type Board, openBoard } from '../board.js';
import { evictionDefaults } from '../eviction-brake.js';
import { openPlanMemory, type PlanMemory, planUnits, type UnitDecision } from '../plan-units.js';

const fleet = '/_coreos.com/fleet';
const own = '/_muster_units';

/** A machine as it really is, whatever the store says of it. */
export interface ModelMachine {
  readonly id: MachineId;
  readonly memoryBytes: number;
  /** `cut`: it runs on, but reaches no store. */
  power: 'up' | 'cut' | 'off';
  /** When its lease runs out; 0: it has none. */
  leaseUntil: number;
  /** What runs on it; each start has a number of its own. */
  readonly running: Map<string, { readonly start: number; readonly hash: string }>;
  /** Seconds that a unit which is being stopped still runs. */
  readonly stopping: Map<string, number>;
  /** Seconds for which it has reached the store without a break. */
  reached: number;
  /** It has never been without power or store, nor drained. */
  isSteady: boolean;
}

/** All that happens in one place, on a clock that a test moves: store, engine, agents. */
export interface ModelWorld {
  readonly board: () => Board;
  readonly machines: readonly ModelMachine[];
  /** Milliseconds. */
  readonly now: () => number;
  /** Every stop of a unit that ran, and where. */
  readonly stops: readonly { readonly unit: string; readonly machine: ModelMachine; readonly at: number }[];
  /** The most machines that were gone at once after one engine had taken their units away, within its window. */
  readonly mostEvicted: () => number;
  submit(name: string, options: string): void;
  destroy(name: string): void;
  mark(machine: ModelMachine, kind: 'drain' | 'cordon' | undefined): void;
  restartEngine(): void;
  /** The store is away, with it whoever decides. */
  setStore(isThere: boolean): void;
  /** Goes on by one second: leases, agents, a plan. */
  tick(): readonly UnitDecision[];
}

const ttlMs = 10_000;
const stopSeconds = 3;

export function openModelWorld(count: number): ModelWorld {
  const table = openUnitTable();
  const machines = Array.from(
    { length: count },
    (_, index): ModelMachine => ({
      id: machineId((index + 1).toString(16).padStart(32, '0')),
      memoryBytes: 2 ** 30 * (1 + (index % 4)),
      power: 'up',
      leaseUntil: 0,
      running: new Map(),
      stopping: new Map(),
      reached: 0,
      isSteady: true,
    }),
  );
  const stops: { unit: string; machine: ModelMachine; at: number }[] = [];
  const evicted = new Map<MachineId, number>();
  const state: {
    now: number;
    starts: number;
    isStoreThere: boolean;
    mostEvicted: number;
    board: Board;
    memory: PlanMemory;
  } = {
    now: 1_000_000,
    starts: 0,
    isStoreThere: true,
    mostEvicted: 0,
    board: openBoard(table),
    memory: openPlanMemory(),
  };
  const fold = (key: string, value: string | undefined) => {
    const change = table.fold(key, value, 1);
    if (change !== undefined) state.board.apply(change);
  };
  const beginEngine = () => {
    state.board = openBoard(table);
    state.memory = openPlanMemory();
    evicted.clear();
  };
  const tell = (machine: ModelMachine, unit: string) => {
    const found = machine.running.get(unit);
    const value = { loadState: 'loaded', activeState: 'active', subState: 'running', unitHash: found?.hash };
    fold(`${fleet}/states/${unit}/${machine.id}`, found && JSON.stringify(value));
  };
  const register = (machine: ModelMachine) => {
    evicted.delete(machine.id);
    const host = { name: machine.id, memoryBytes: machine.memoryBytes, cpus: 4 };
    fold(`${own}/hosts/${machine.id}`, JSON.stringify(host));
    fold(`${fleet}/machines/${machine.id}/object`, JSON.stringify({ ID: machine.id }));
    for (const unit of machine.running.keys()) tell(machine, unit);
  };
  const expire = (machine: ModelMachine) => {
    machine.leaseUntil = 0;
    fold(`${fleet}/machines/${machine.id}/object`, undefined);
    fold(`${own}/hosts/${machine.id}`, undefined);
    for (const [unit, states] of table.states) {
      if (states.has(machine.id)) fold(`${fleet}/states/${unit}/${machine.id}`, undefined);
    }
  };
  const stop = (machine: ModelMachine, unit: string) => {
    machine.running.delete(unit);
    stops.push({ unit, machine, at: state.now });
    tell(machine, unit);
  };
  const follow = (machine: ModelMachine, entries: ReadonlyMap<string, ScheduleEntry> | undefined) => {
    for (const [unit, { hash }] of [...machine.running]) {
      const entry = entries?.get(unit);
      const isWanted = entry?.state === 'launched' && entry.hash === hash;
      if (isWanted && !machine.stopping.has(unit)) continue;
      const left = (machine.stopping.get(unit) ?? stopSeconds) - 1;
      machine.stopping.set(unit, left);
      if (left > 0) continue;
      machine.stopping.delete(unit);
      stop(machine, unit);
    }
    for (const [unit, { state: wanted, hash }] of entries ?? []) {
      if (wanted !== 'launched' || machine.running.has(unit)) continue;
      state.starts += 1;
      machine.running.set(unit, { start: state.starts, hash });
      tell(machine, unit);
    }
  };
  return {
    board: () => state.board,
    machines,
    now: () => state.now,
    stops,
    mostEvicted: () => state.mostEvicted,
    submit(name, options) {
      const checked = checkUnit(name, `[Service]\nExecStart=/bin/true\n[X-Fleet]\n${options}\n`);
      if (checked.kind === 'bad') throw new Error(JSON.stringify(checked.issues));
      const { hash, text } = checked.unit;
      fold(`${fleet}/unit/${hash}`, JSON.stringify({ Raw: text }));
      const bytes = [...Buffer.from(hash, 'hex')];
      fold(`${fleet}/job/${name}/object`, JSON.stringify({ Name: name, UnitHash: bytes }));
      fold(`${fleet}/job/${name}/target-state`, 'launched');
    },
    destroy(name) {
      for (const key of ['object', 'target-state', 'target']) fold(`${fleet}/job/${name}/${key}`, undefined);
    },
    mark(machine, kind) {
      fold(`${own}/marks/${machine.id}`, kind && JSON.stringify({ kind, at: 1 }));
      if (kind === 'drain') machine.isSteady = false;
    },
    restartEngine: beginEngine,
    setStore(isThere) {
      if (state.isStoreThere === isThere) return;
      state.isStoreThere = isThere;
      if (isThere) beginEngine();
    },
    tick() {
      state.now += 1_000;
      if (!state.isStoreThere) return [];
      const known = new Set(machines.filter(({ leaseUntil }) => leaseUntil > 0));
      for (const machine of machines) {
        // After an outage a lease may be over before its holder comes to renew it.
        if (machine.leaseUntil > 0 && machine.leaseUntil <= state.now) expire(machine);
        machine.reached = machine.power === 'up' ? machine.reached + 1 : 0;
        if (machine.power !== 'up') continue;
        if (machine.leaseUntil === 0) register(machine);
        machine.leaseUntil = state.now + ttlMs;
        // One that is back tells what it runs before it has taken over what it is to run.
        if (known.has(machine)) follow(machine, table.schedule.get(machine.id));
      }
      const { decisions } = planUnits(state.board, state.memory, state.now);
      for (const { kind, machine } of decisions) {
        if (kind === 'evicted' && machine !== undefined)
          evicted.set(machine, evicted.get(machine) ?? state.now);
      }
      for (const [id, at] of evicted) if (at + evictionDefaults.windowMs <= state.now) evicted.delete(id);
      state.mostEvicted = Math.max(state.mostEvicted, evicted.size);
      return decisions;
    },
  };
}
