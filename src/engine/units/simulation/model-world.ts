// SPDX-License-Identifier: Apache-2.0

import type { Issue, MachineId } from '../../../model/index.js';
import {
  openUnitTable,
  type ScheduleEntry,
  type TargetState,
  type UnitWrite,
} from '../../../registry/index.js';
import { checkUnit } from '../../../units/index.js';
import { type Board, openBoard } from '../board.js';
import { evictionDefaults } from '../eviction-brake.js';
import { openPlanMemory, type PlanMemory, planUnits, type UnitDecision } from '../plan-units.js';
import { runsAlike } from '../wanted-entry.js';

const fleet = '/_coreos.com/fleet';
const own = '/_muster_units';

export interface MachineSpec {
  readonly id: MachineId;
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly cpus?: number;
}

/** A machine as it really is, whatever the store says of it. */
export interface ModelMachine extends MachineSpec {
  /** `cut`: it runs on, but reaches no store. */
  power: 'up' | 'cut' | 'off';
  /** When its lease runs out; 0: it has none. */
  leaseUntil: number;
  /** What runs on it; each start has a number of its own. */
  readonly running: Map<string, { readonly start: number; readonly hash: string; readonly restart: number }>;
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
  join(spec: MachineSpec): ModelMachine;
  /** Takes a whole unit file; what is wrong with it, if anything. One that runs `/bin/false` fails, a oneshot is done at once. */
  submit(name: string, text: string, targetState?: TargetState): readonly Issue[];
  setTargetState(name: string, targetState: TargetState): void;
  restart(name: string): void;
  rebalance(): void;
  destroy(name: string): void;
  mark(machine: ModelMachine, kind: 'drain' | 'cordon' | undefined): void;
  restartEngine(): void;
  /** The store is away, with it whoever decides. */
  setStore(isThere: boolean): void;
  /** What the last plan wrote. */
  readonly writes: () => readonly UnitWrite[];
  /** Goes on by one second: leases, agents, a plan. */
  tick(): readonly UnitDecision[];
}

const outcomes = {
  runs: { activeState: 'active', subState: 'running' },
  fails: { activeState: 'failed', subState: 'failed', reason: 'exited with code 1' },
  ends: { activeState: 'inactive', subState: 'dead', done: true },
} as const;

/** What a unit comes to, by its text. */
function outcomeOf(text = ''): keyof typeof outcomes {
  if (text.includes('ExecStart=/bin/false')) return 'fails';
  return text.includes('Type=oneshot') ? 'ends' : 'runs';
}

const ttlMs = 10_000;
const stopSeconds = 3;

export function openModelWorld(): ModelWorld {
  const table = openUnitTable();
  const machines: ModelMachine[] = [];
  const stops: { unit: string; machine: ModelMachine; at: number }[] = [];
  const evicted = new Map<MachineId, number>();
  const state: {
    now: number;
    starts: number;
    isStoreThere: boolean;
    mostEvicted: number;
    revision: number;
    board: Board;
    memory: PlanMemory;
    writes: readonly UnitWrite[];
  } = {
    now: 1_000_000,
    starts: 0,
    revision: 0,
    writes: [],
    isStoreThere: true,
    mostEvicted: 0,
    board: openBoard(table),
    memory: openPlanMemory(),
  };
  const fold = (key: string, value: string | undefined) => {
    state.revision += 1;
    const change = table.fold(key, value, state.revision);
    if (change !== undefined) state.board.apply(change);
  };
  const beginEngine = () => {
    state.board = openBoard(table);
    state.memory = openPlanMemory();
    evicted.clear();
  };
  const tell = (machine: ModelMachine, unit: string) => {
    const found = machine.running.get(unit);
    const value = found && {
      loadState: 'loaded',
      ...outcomes[outcomeOf(table.texts.get(found.hash))],
      unitHash: found.hash,
    };
    fold(`${fleet}/states/${unit}/${machine.id}`, value && JSON.stringify(value));
  };
  const register = (machine: ModelMachine) => {
    evicted.delete(machine.id);
    const { id, name = id, metadata = {}, memoryBytes, cpus = 4 } = machine;
    fold(`${own}/hosts/${id}`, JSON.stringify({ name, memoryBytes, cpus }));
    fold(`${fleet}/machines/${id}/object`, JSON.stringify({ ID: id, Metadata: metadata }));
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
  const isAlike = (one: string, other: string) => one === other || runsAlike(table, one, other);
  const follow = (machine: ModelMachine, entries: ReadonlyMap<string, ScheduleEntry> | undefined) => {
    for (const [unit, { start, hash, restart }] of [...machine.running]) {
      const entry = entries?.get(unit);
      const isWanted = entry?.state === 'launched' && isAlike(entry.hash, hash) && entry.restart === restart;
      if (isWanted && entry.hash !== hash) {
        machine.running.set(unit, { start, restart, hash: entry.hash });
        tell(machine, unit);
      }
      if (isWanted && !machine.stopping.has(unit)) continue;
      const left = (machine.stopping.get(unit) ?? stopSeconds) - 1;
      machine.stopping.set(unit, left);
      if (left > 0) continue;
      machine.stopping.delete(unit);
      stop(machine, unit);
    }
    for (const [unit, { state: wanted, hash, restart }] of entries ?? []) {
      if (wanted !== 'launched' || machine.running.has(unit)) continue;
      state.starts += 1;
      machine.running.set(unit, { start: state.starts, hash, restart });
      tell(machine, unit);
    }
  };
  return {
    board: () => state.board,
    machines,
    now: () => state.now,
    stops,
    mostEvicted: () => state.mostEvicted,
    writes: () => state.writes,
    join(spec) {
      const machine: ModelMachine = {
        ...spec,
        power: 'up',
        leaseUntil: 0,
        running: new Map(),
        stopping: new Map(),
        reached: 0,
        isSteady: true,
      };
      machines.push(machine);
      return machine;
    },
    submit(fileName, text, targetState = 'launched') {
      const checked = checkUnit(fileName, text);
      if (checked.kind === 'bad') return checked.issues;
      const { name, hash, text: canonical } = checked.unit;
      fold(`${fleet}/unit/${hash}`, JSON.stringify({ Raw: canonical }));
      const bytes = [...Buffer.from(hash, 'hex')];
      fold(`${fleet}/job/${name.full}/object`, JSON.stringify({ Name: name.full, UnitHash: bytes }));
      fold(`${fleet}/job/${name.full}/target-state`, targetState);
      return [];
    },
    setTargetState: (name, targetState) => fold(`${fleet}/job/${name}/target-state`, targetState),
    restart: (name) => fold(`${own}/restarts/${name}`, '{}'),
    rebalance: () => fold(`${own}/rebalance`, '{}'),
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
      const { decisions, writes } = planUnits(state.board, state.memory, state.now);
      state.writes = writes;
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
