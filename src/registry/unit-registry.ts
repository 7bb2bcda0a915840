// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import {
  type Compare,
  type KeyValue,
  type Kv,
  keyOf,
  mirror,
  type Op,
  prefixRange,
  textOf,
} from '../etcd/index.js';
import type { LeaseId, MachineId } from '../model/index.js';
import { keys } from './keys.js';
import type { StoreEvent } from './store-records.js';
import { eventKey, pruneEvents } from './store-registry.js';
import { unitKeys } from './unit-keys.js';
import {
  type MachineMark,
  parseUnitRecord,
  renderJobObject,
  renderUnitState,
  type ScheduleEntry,
  type TargetState,
  type UnitHost,
  type UnitState,
} from './unit-records.js';
import { openUnitTable, type UnitChange, type UnitTable } from './unit-table.js';
import { entriesOf, type UnitWrite } from './unit-write.js';

/** A unit to be put into the registry. */
export interface Submission {
  readonly unit: string;
  /** Canonical. */
  readonly text: string;
  /** Of the text. */
  readonly hash: string;
  /** Of a unit that is new; `inactive` when left out. */
  readonly targetState?: TargetState;
}

export type UnitFeed =
  /** The table holds all of it now, at the beginning and after a gap. */
  | { readonly kind: 'reset'; readonly revision: number }
  | { readonly kind: 'changes'; readonly revision: number; readonly changes: readonly UnitChange[] }
  | { readonly kind: 'away'; readonly reason: string };

/** What an agent has to tell of one unit. */
export interface StateReport {
  readonly unit: string;
  /** Nothing: the machine has it no more. */
  readonly state: UnitState | undefined;
  readonly isLaunched: boolean;
  readonly isGlobal: boolean;
}

export interface UnitRegistry {
  /** Puts a unit that is not there yet. False, and nothing is written, when there is one of that name. */
  submit(submission: Submission): Promise<boolean>;
  /** Gives a unit another text. False when there is none of that name. */
  replace(submission: Submission): Promise<boolean>;
  /** Says what a unit should be. False when there is none of that name. */
  setTargetState(unit: string, state: TargetState): Promise<boolean>;
  /**
   * As `submit` and `setTargetState` for many at once, whatever is there; one transaction for every 30, which has their
   * texts as well, in no order: no unit may be named twice. After an error no more of them are sent.
   */
  submitAll(submissions: readonly Submission[]): Promise<void>;
  /** Asks for a restart where it runs; the revision tells this request from any other. */
  restart(unit: string): Promise<number>;
  /** Takes a unit out of the registry. False when there was none. */
  destroy(unit: string): Promise<boolean>;
  text(hash: string): Promise<string | undefined>;
  mark(machine: MachineId, mark: MachineMark | undefined): Promise<void>;
  /** Sets metadata over the machine's own; an empty text masks the key, nothing takes the setting away. */
  setMetadata(machine: MachineId, key: string, value: string | undefined): Promise<void>;
  /** Asks the engine to even out the machines once. */
  rebalance(at: number): Promise<void>;
  /** Everything about units, now. Cost: a listing. */
  table(): Promise<UnitTable>;
  /** Of one unit alone: its job, its states and the machines. */
  tableOf(unit: string): Promise<UnitTable>;
  /** Keeps the table as the registry is: one message after each change. Ends when `signal` fires. */
  watch(signal: AbortSignal): AsyncIterable<{ readonly table: UnitTable; readonly feed: UnitFeed }>;
  /** Agent only. What the machine is to do with units: all of it at first and after each change. */
  watchSchedule(machine: MachineId, signal: AbortSignal): AsyncIterable<ReadonlyMap<string, ScheduleEntry>>;
  /** Agent only. */
  announceHost(lease: LeaseId, machine: MachineId, host: UnitHost): Promise<void>;
  /** Agent only. One transaction for every 40 reports. */
  report(lease: LeaseId, machine: MachineId, reports: readonly StateReport[]): Promise<void>;
  /** Agent only. What the registry still has of this machine's units. */
  statesOf(machine: MachineId, units: readonly string[]): Promise<ReadonlyMap<string, UnitState>>;
  /** Engine only. The revision of the last write; nothing when the leadership was lost, and the rest is not written. */
  commit(
    leadership: { readonly createRevision: number },
    writes: readonly UnitWrite[],
    events: readonly StoreEvent[],
  ): Promise<number | undefined>;
}

interface UnitRegistryDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
}

/** More would wait in the store. */
const submitsAtOnce = 16;

/** etcd refuses a transaction of more than 128 operations. */
const opsPerTxn = 120;

const parts = [
  unitKeys.jobFolder,
  unitKeys.machineFolder,
  unitKeys.stateFolder,
  unitKeys.unitFolder,
  unitKeys.ownFolder,
].map(prefixRange);
const hull = {
  key: keyOf(unitKeys.jobFolder),
  rangeEnd: prefixRange(unitKeys.ownFolder).rangeEnd,
};

export function openUnitRegistry(deps: UnitRegistryDeps): UnitRegistry {
  const { kv } = deps;
  const exists = (unit: string, isThere: boolean): Compare => ({
    key: keyOf(unitKeys.jobObject(unit)),
    target: 'create',
    result: isThere ? 'greater' : 'equal',
    number: 0,
  });
  const when = async (compare: readonly Compare[], success: readonly Op[]) =>
    (await kv.txn({ compare, success, failure: [] })).succeeded;
  return {
    submit: ({ unit, text, hash, targetState = 'inactive' }) =>
      when(
        [exists(unit, false)],
        [
          put(unitKeys.text(hash), JSON.stringify({ Raw: text })),
          put(unitKeys.jobObject(unit), renderJobObject(unit, { hash })),
          put(unitKeys.targetState(unit), targetState),
        ],
      ),
    replace: ({ unit, text, hash }) =>
      when(
        [exists(unit, true)],
        [
          put(unitKeys.text(hash), JSON.stringify({ Raw: text })),
          put(unitKeys.jobObject(unit), renderJobObject(unit, { hash })),
        ],
      ),
    setTargetState: (unit, state) => when([exists(unit, true)], [put(unitKeys.targetState(unit), state)]),
    async submitAll(submissions) {
      const groups = chunksOf(submissions, 30);
      const next = { index: 0 };
      const work = async () => {
        for (let some = groups[next.index++]; some !== undefined; some = groups[next.index++]) {
          const texts = new Map(some.map(({ hash, text }) => [hash, text]));
          const ops = [
            ...[...texts].map(([hash, text]) => put(unitKeys.text(hash), JSON.stringify({ Raw: text }))),
            ...some.flatMap(({ unit, hash, targetState = 'inactive' }) => [
              put(unitKeys.jobObject(unit), renderJobObject(unit, { hash })),
              put(unitKeys.targetState(unit), targetState),
            ]),
          ];
          await kv.txn({ compare: [], success: ops, failure: [] });
        }
      };
      const sendNoMore = (error: unknown) => {
        next.index = groups.length;
        throw error;
      };
      await Promise.all(Array.from({ length: submitsAtOnce }, () => work().catch(sendNoMore)));
    },
    restart: async (unit) =>
      (await kv.put({ key: keyOf(unitKeys.restart(unit)), value: keyOf('{}') })).revision,
    destroy: (unit) =>
      when(
        [exists(unit, true)],
        [{ kind: 'delete-range', request: prefixRange(unitKeys.job(unit)) }, remove(unitKeys.restart(unit))],
      ),
    async text(hash) {
      const [found] = (await kv.range({ key: keyOf(unitKeys.text(hash)) })).kvs;
      return found && parseUnitRecord.text(textOf(found.value));
    },
    async mark(machine, mark) {
      const key = unitKeys.mark(machine);
      await when([], [mark === undefined ? remove(key) : put(key, JSON.stringify(mark))]);
    },
    async setMetadata(machine, key, value) {
      const name = unitKeys.metadata(machine, key);
      await when([], [value === undefined ? remove(name) : put(name, value)]);
    },
    async rebalance(at) {
      await kv.put({ key: keyOf(unitKeys.rebalance), value: keyOf(JSON.stringify({ at })) });
    },
    async table() {
      const table = openUnitTable();
      const ended = new AbortController();
      for await (const message of mirror(deps, hull, ended.signal, { parts })) {
        if (message.kind === 'away') throw message.error;
        if (message.kind === 'snapshot') for (const one of message.entries.values()) foldIn(table, one);
        break;
      }
      ended.abort();
      return table;
    },
    async tableOf(unit) {
      const ranges = [
        prefixRange(unitKeys.job(unit)),
        prefixRange(unitKeys.statesOf(unit)),
        prefixRange(unitKeys.machineFolder),
        prefixRange(unitKeys.host('' as MachineId)),
        { key: keyOf(unitKeys.restart(unit)) },
      ];
      const success = ranges.map((request): Op => ({ kind: 'range', request }));
      const { responses } = await kv.txn({ compare: [], success, failure: [] });
      const table = openUnitTable();
      for (const one of responses)
        if (one.kind === 'range') for (const found of one.response.kvs) foldIn(table, found);
      const hash = table.jobs.get(unit)?.object?.hash;
      const [text] = hash === undefined ? [] : (await kv.range({ key: keyOf(unitKeys.text(hash)) })).kvs;
      if (text !== undefined) foldIn(table, text);
      return table;
    },
    watch: (signal) => watch(deps, signal),
    watchSchedule: (machine, signal) => watchSchedule(deps, machine, signal),
    async announceHost(lease, machine, host) {
      await kv.put({ key: keyOf(unitKeys.host(machine)), value: keyOf(JSON.stringify(host)), lease });
    },
    async report(lease, machine, reports) {
      for (const some of chunksOf(reports, 40)) {
        const ops = some.flatMap((report) => reportOps(lease, machine, report));
        await kv.txn({ compare: [], success: ops, failure: [] });
      }
    },
    async statesOf(machine, units) {
      const found = new Map<string, UnitState>();
      for (const some of chunksOf(units, opsPerTxn)) {
        const success = some.map(
          (unit): Op => ({ kind: 'range', request: { key: keyOf(unitKeys.state(unit, machine)) } }),
        );
        const { responses } = await kv.txn({ compare: [], success, failure: [] });
        for (const [index, one] of responses.entries()) {
          const value = one.kind === 'range' ? one.response.kvs[0]?.value : undefined;
          const state = value && parseUnitRecord.state(textOf(value));
          const unit = some[index];
          if (state !== undefined && unit !== undefined) found.set(unit, state);
        }
      }
      return found;
    },
    commit: (leadership, writes, events) => commit(kv, leadership.createRevision, writes, events),
  };
}

async function* watch(
  deps: UnitRegistryDeps,
  signal: AbortSignal,
): AsyncGenerator<{ readonly table: UnitTable; readonly feed: UnitFeed }> {
  let table = openUnitTable();
  for await (const message of mirror(deps, hull, signal, { parts })) {
    switch (message.kind) {
      case 'snapshot':
        table = openUnitTable();
        for (const one of message.entries.values()) foldIn(table, one);
        yield { table, feed: { kind: 'reset', revision: message.revision } };
        break;
      case 'changes': {
        const changes = message.events
          .map(({ kind, kv }) =>
            table.fold(textOf(kv.key), kind === 'delete' ? undefined : textOf(kv.value), kv.modRevision),
          )
          .filter((change) => change !== undefined);
        if (changes.length > 0) {
          yield { table, feed: { kind: 'changes', revision: message.revision, changes } };
        }
        break;
      }
      case 'away':
        yield { table, feed: { kind: 'away', reason: message.error.message } };
        break;
      default:
        message satisfies never;
    }
  }
}

async function* watchSchedule(
  deps: UnitRegistryDeps,
  machine: MachineId,
  signal: AbortSignal,
): AsyncGenerator<ReadonlyMap<string, ScheduleEntry>> {
  const prefix = unitKeys.scheduleOf(machine);
  const entries = new Map<string, ScheduleEntry>();
  const set = (key: string, value: string | undefined) => {
    const entry = value === undefined ? undefined : parseUnitRecord.schedule(value);
    const unit = key.slice(prefix.length);
    if (entry === undefined) entries.delete(unit);
    else entries.set(unit, entry);
  };
  for await (const message of mirror(deps, prefixRange(prefix), signal)) {
    if (message.kind === 'away') continue;
    if (message.kind === 'snapshot') {
      entries.clear();
      for (const [key, { value }] of message.entries) set(key, textOf(value));
    } else
      for (const { kind, kv } of message.events)
        set(textOf(kv.key), kind === 'delete' ? undefined : textOf(kv.value));
    yield new Map(entries);
  }
}

function reportOps(lease: LeaseId, machine: MachineId, report: StateReport): readonly Op[] {
  const { unit, state, isLaunched, isGlobal } = report;
  const key = unitKeys.state(unit, machine);
  if (state === undefined) return [remove(key), ...(isGlobal ? [] : [removeJobState(unit, machine)])];
  const ops = [put(key, renderUnitState(machine, state), lease)];
  if (isGlobal) return ops;
  const launched = put(unitKeys.jobState(unit), machine, lease);
  return [...ops, isLaunched ? launched : removeJobState(unit, machine)];
}

/** Only as long as it names this machine: another may have the unit by now. */
function removeJobState(unit: string, machine: MachineId): Op {
  const key = keyOf(unitKeys.jobState(unit));
  return {
    kind: 'txn',
    request: {
      compare: [{ key, target: 'value', result: 'equal', value: keyOf(machine) }],
      success: [{ kind: 'delete-range', request: { key } }],
      failure: [],
    },
  };
}

/** From this index on, so that they meet no event of the store's. */
const firstEventIndex = 500;

async function commit(
  kv: Kv,
  createRevision: number,
  writes: readonly UnitWrite[],
  events: readonly StoreEvent[],
): Promise<number | undefined> {
  const guard: Compare = {
    key: keyOf(keys.engineLeader),
    target: 'create',
    result: 'equal',
    number: createRevision,
  };
  let written = 0;
  const groups = groupsOf([
    ...writes.map(writeOps),
    ...events.map((event, index) => [
      put(eventKey(event.at, firstEventIndex + index), JSON.stringify(event)),
    ]),
  ]);
  for (const success of groups) {
    const { succeeded, revision } = await kv.txn({ compare: [guard], success, failure: [] });
    if (!succeeded) return undefined;
    written = revision;
  }
  if (events.length > 0) await pruneEvents(kv);
  return written;
}

function writeOps(write: UnitWrite): readonly Op[] {
  const ops = entriesOf(write).map(([key, value]) => (value === undefined ? remove(key) : put(key, value)));
  if (write.kind !== 'drop-unit') return ops;
  return [{ kind: 'delete-range', request: prefixRange(unitKeys.job(write.unit)) }, ...ops];
}

/** As many together as fit in one transaction; the operations of one write are never apart, and no key comes twice. */
function groupsOf(writes: readonly (readonly Op[])[]): readonly (readonly Op[])[] {
  const groups: Op[][] = [];
  let seen = new Set<string>();
  for (const ops of writes) {
    const own = ops.map(keyOfOp);
    const last = groups.at(-1);
    if (last === undefined || last.length + ops.length > opsPerTxn || own.some((key) => seen.has(key))) {
      groups.push([...ops]);
      seen = new Set(own);
    } else {
      last.push(...ops);
      for (const key of own) seen.add(key);
    }
  }
  return groups;
}

function keyOfOp(op: Op): string {
  return op.kind === 'txn' ? '' : textOf(op.request.key);
}

function chunksOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

function foldIn(table: UnitTable, { key, value, modRevision }: KeyValue): void {
  table.fold(textOf(key), textOf(value), modRevision);
}

function put(key: string, value: string, lease?: LeaseId): Op {
  const request = { key: keyOf(key), value: keyOf(value), ...(lease === undefined ? {} : { lease }) };
  return { kind: 'put', request };
}

function remove(key: string): Op {
  return { kind: 'delete-range', request: { key: keyOf(key) } };
}
