// SPDX-License-Identifier: Apache-2.0

import { findMachineId, type Machine, type MachineId } from '../model/index.js';
import { parseRecord } from './records.js';
import { unitKeys, unitMeaningOf } from './unit-keys.js';
import {
  type JobObject,
  type MachineMark,
  parseUnitRecord,
  type Rollout,
  type ScheduleEntry,
  type TargetState,
  type UnitHost,
  type UnitState,
} from './unit-records.js';
import { entriesOf, type UnitWrite } from './unit-write.js';

/** A unit as the registry has it. */
export interface UnitJob {
  readonly object: JobObject | undefined;
  readonly targetState: TargetState;
  /** Chosen by the engine; nothing for global units. */
  readonly target: MachineId | undefined;
  /** The machine that says it has launched it. */
  readonly jobState: string | undefined;
  /** Revision of the last request to restart it; 0: none. */
  readonly restart: number;
}

/** One record of units that changed; `undefined` stands for gone. */
export type UnitChange =
  | { readonly kind: 'job'; readonly unit: string }
  | { readonly kind: 'text'; readonly hash: string }
  | { readonly kind: 'state'; readonly unit: string; readonly machine: MachineId }
  | { readonly kind: 'machine'; readonly machine: MachineId }
  | { readonly kind: 'schedule'; readonly machine: MachineId; readonly unit: string }
  | { readonly kind: 'rollout'; readonly group: string }
  | { readonly kind: 'rebalance' };

/** A machine as units see it. */
export interface UnitMachine {
  /** Nothing: its lease is gone. */
  readonly machine: Machine | undefined;
  readonly host: UnitHost | undefined;
  readonly mark: MachineMark | undefined;
  /** Set over the machine's own; an empty text takes the key away. */
  readonly overrides: ReadonlyMap<string, string>;
}

/**
 * Everything about units, kept in place: with tens of thousands of records, a copy for each change would cost more than
 * all else. One owner folds changes in; others read.
 */
export interface UnitTable {
  readonly jobs: ReadonlyMap<string, UnitJob>;
  readonly texts: ReadonlyMap<string, string>;
  readonly states: ReadonlyMap<string, ReadonlyMap<MachineId, UnitState>>;
  readonly machines: ReadonlyMap<MachineId, UnitMachine>;
  readonly schedule: ReadonlyMap<MachineId, ReadonlyMap<string, ScheduleEntry>>;
  readonly rollouts: ReadonlyMap<string, Rollout>;
  /** Revision of a request to rebalance that stands; 0: none. */
  readonly rebalance: () => number;
  /** Takes in one key; tells what it was about, nothing when it is not of units. */
  fold(key: string, value: string | undefined, modRevision: number): UnitChange | undefined;
  /** Takes in what is about to be written, as if it had been. */
  assume(write: UnitWrite): readonly UnitChange[];
}

const emptyJob: UnitJob = {
  object: undefined,
  targetState: 'inactive',
  target: undefined,
  jobState: undefined,
  restart: 0,
};
const emptyMachine: UnitMachine = {
  machine: undefined,
  host: undefined,
  mark: undefined,
  overrides: new Map(),
};

export function openUnitTable(): UnitTable {
  const jobs = new Map<string, UnitJob>();
  const texts = new Map<string, string>();
  const states = new Map<string, Map<MachineId, UnitState>>();
  const machines = new Map<MachineId, UnitMachine>();
  const schedule = new Map<MachineId, Map<string, ScheduleEntry>>();
  const rollouts = new Map<string, Rollout>();
  const flags = { rebalance: 0 };

  const setJob = (unit: string, part: Partial<UnitJob>): UnitChange => {
    const job = { ...(jobs.get(unit) ?? emptyJob), ...part };
    const isEmpty = job.object === undefined && job.target === undefined && job.jobState === undefined;
    if (isEmpty && job.targetState === 'inactive' && job.restart === 0) jobs.delete(unit);
    else jobs.set(unit, job);
    return { kind: 'job', unit };
  };
  const setMachine = (id: MachineId, part: Partial<UnitMachine>): UnitChange => {
    const machine = { ...(machines.get(id) ?? emptyMachine), ...part };
    const isEmpty = machine.machine === undefined && machine.host === undefined && machine.mark === undefined;
    if (isEmpty && machine.overrides.size === 0) machines.delete(id);
    else machines.set(id, machine);
    return { kind: 'machine', machine: id };
  };

  const table: UnitTable = {
    jobs,
    texts,
    states,
    machines,
    schedule,
    rollouts,
    rebalance: () => flags.rebalance,
    fold(key, value, modRevision) {
      const meaning = unitMeaningOf(key);
      const parsed = <T>(parse: (text: string) => T | undefined) =>
        value === undefined ? undefined : parse(value);
      switch (meaning.kind) {
        case 'text': {
          const { hash } = meaning;
          setOrDelete(texts, hash, parsed(parseUnitRecord.text));
          return { kind: 'text', hash };
        }
        case 'object':
          return setJob(meaning.unit, {
            object: parsed((text) => parseUnitRecord.object(meaning.unit, text)),
          });
        case 'target-state':
          return setJob(meaning.unit, { targetState: parsed(parseUnitRecord.targetState) ?? 'inactive' });
        case 'target':
          return setJob(meaning.unit, { target: parsed(findMachineId) });
        case 'job-state':
          return setJob(meaning.unit, { jobState: value });
        case 'restarts':
          return setJob(meaning.unit, { restart: value === undefined ? 0 : modRevision });
        case 'rollouts':
          setOrDelete(rollouts, meaning.group, parsed(parseUnitRecord.rollout));
          return { kind: 'rollout', group: meaning.group };
        case 'rebalance':
          flags.rebalance = value === undefined ? 0 : modRevision;
          return { kind: 'rebalance' };
        case 'other':
          return undefined;
        case 'state':
        case 'machine':
        case 'metadata':
        case 'schedule':
        case 'hosts':
        case 'marks': {
          const id = findMachineId(meaning.machine);
          // A key in other letters than the ID's own is nobody's.
          if (id === undefined || id !== meaning.machine) return undefined;
          if (meaning.kind === 'state') {
            setInner(states, meaning.unit, id, parsed(parseUnitRecord.state));
            return { kind: 'state', unit: meaning.unit, machine: id };
          }
          if (meaning.kind === 'schedule') {
            setInner(schedule, id, meaning.unit, parsed(parseUnitRecord.schedule));
            return { kind: 'schedule', unit: meaning.unit, machine: id };
          }
          if (meaning.kind === 'metadata') {
            const overrides = new Map(machines.get(id)?.overrides);
            setOrDelete(overrides, meaning.key, value);
            return setMachine(id, { overrides });
          }
          if (meaning.kind === 'hosts') return setMachine(id, { host: parsed(parseUnitRecord.host) });
          if (meaning.kind === 'marks') return setMachine(id, { mark: parsed(parseUnitRecord.mark) });
          return setMachine(id, { machine: parsed((text) => parseRecord.machine(id, text)) });
        }
        default:
          return meaning satisfies never;
      }
    },
    assume(write) {
      const { kind } = write;
      const dropped =
        kind !== 'drop-unit' ? [] : wholeJob.map((key) => [key(write.unit), undefined] as const);
      return [...dropped, ...entriesOf(write)]
        .map(([key, value]) => table.fold(key, value, 0))
        .filter((change) => change !== undefined);
    },
  };
  return table;
}

const wholeJob = [unitKeys.jobObject, unitKeys.targetState, unitKeys.target, unitKeys.jobState] as const;

/**
 * How far a unit is, in fleet's words: `loaded` once its machine tells of it, `launched` once the machine has started
 * it. Whether it runs is in its states. Global units are always `inactive` here.
 *
 * Source: coreos/fleet registry/job_state.go
 */
export function currentStateOf({ jobs, states }: UnitTable, unit: string): TargetState {
  const job = jobs.get(unit);
  if (job?.target === undefined || states.get(unit)?.get(job.target) === undefined) return 'inactive';
  return job.jobState === job.target ? 'launched' : 'loaded';
}

/** A machine's metadata, what was set over it included. */
export function metadataOf({ machine, overrides }: UnitMachine): Readonly<Record<string, string>> {
  if (overrides.size === 0) return machine?.metadata ?? {};
  const merged = Object.entries({ ...machine?.metadata, ...Object.fromEntries(overrides) });
  return Object.fromEntries(merged.filter(([, value]) => value !== ''));
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function setInner<K, L, V>(map: Map<K, Map<L, V>>, outer: K, inner: L, value: V | undefined): void {
  const found = map.get(outer);
  if (value !== undefined) {
    if (found === undefined) map.set(outer, new Map([[inner, value]]));
    else found.set(inner, value);
    return;
  }
  found?.delete(inner);
  if (found?.size === 0) map.delete(outer);
}
