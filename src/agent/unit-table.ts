// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, Files, Log } from '../effects/index.js';
import { openChangeCounter } from './change-counter.js';
import { fail } from './errors.js';
import { type BuiltinUnit, openService, type Service } from './service.js';
import type { Change, UnitStatus } from './supervisor.js';
import type { RunnableDefinition, UnitDefinition } from './unit-definition.js';
import type { UnitName } from './unit-name.js';
import { renderOutcome } from './unit-policy.js';
import type { NodeContext } from './unit-process.js';
import { renderUnitState, type UnitState } from './unit-state.js';

/** A unit that can be started, as the supervisor holds it. */
export interface RunnableUnit {
  readonly name: UnitName;
  readonly definition: RunnableDefinition;
}

/** The units that a supervisor knows, each alone: what units are to one another is not seen here. */
export interface UnitTable {
  find(unit: string): RunnableUnit | undefined;
  /** Takes a unit in, or returns it as it is known. */
  enter(definition: RunnableDefinition): RunnableUnit;
  /**
   * Takes a new definition for a known unit; false when it says the same as before. A unit that cannot be run any
   * more is forgotten, unless it is running.
   */
  configure(unit: RunnableUnit, definition: UnitDefinition): boolean;
  /** A status to show for a unit that never ran; a start of it takes its place. */
  note(status: UnitStatus): void;
  units(): readonly RunnableUnit[];
  /** Units that were started, in the order of their last start. */
  byStart(): readonly RunnableUnit[];
  isActive(unit: RunnableUnit): boolean;
  canReload(unit: RunnableUnit): boolean;
  /** Returns once it is active, or has done its work; throws `agent/unit-failed`. */
  start(unit: RunnableUnit): Promise<Change>;
  /** Returns once nothing of it is left. */
  stop(unit: RunnableUnit): Promise<Change>;
  reload(unit: RunnableUnit): Promise<Change>;
  resetFailed(unit: RunnableUnit): void;
  status(unit: RunnableUnit): UnitStatus;
  statuses(): readonly UnitStatus[];
  changed(seen: number, signal: AbortSignal): Promise<number>;
  /** From now on no unit is started. */
  close(): void;
  /** Ends every process of every unit that was started. */
  sweep(): Promise<void>;
}

export interface UnitTableDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
  readonly log: Log;
  readonly builtins: ReadonlyMap<string, BuiltinUnit>;
}

interface Entry {
  unit: RunnableUnit;
  /** Of services, from their first start on. */
  service: Service | undefined;
  /** Of targets. */
  isReached: boolean;
  /** Position in the order of starts; 0: never. */
  startedAs: number;
  /** The last status that was told, as text. */
  told: string;
}

export function openUnitTable(deps: UnitTableDeps, context: NodeContext): UnitTable {
  const entries = new Map<string, Entry>();
  const notes = new Map<string, UnitStatus>();
  const counter = openChangeCounter();
  let starts = 0;
  let isClosed = false;

  const entryOf = (unit: RunnableUnit): Entry => {
    const entry = entries.get(unit.name.full);
    if (entry === undefined)
      throw new Error(`invariant broken: unit "${unit.name.full}" is not in the table`);
    return entry;
  };

  const tell = (entry: Entry) => {
    const { name, active, sub, reason, pid, member } = statusOf(entry);
    const text = JSON.stringify([active, sub, reason, pid]);
    const told = `${text}${JSON.stringify(member ?? '')}`;
    if (entry.told === told) return;
    if (!entry.told.startsWith(text)) {
      deps.log[reason === undefined ? 'info' : 'warn']('unit changed', { unit: name, active, sub, reason });
    }
    entry.told = told;
    counter.step();
  };

  const statusOf = (entry: Entry): UnitStatus => {
    const name = entry.unit.name.full;
    const note = notes.get(name);
    if (note !== undefined) return note;
    const { service } = entry;
    if (service === undefined) {
      const place = entry.isReached ? reached : ({ active: 'inactive', sub: 'dead' } as const);
      return { name, load: 'loaded', ...place };
    }
    const state = service.state();
    const pid = service.pid();
    const member = service.member();
    return {
      name,
      load: 'loaded',
      ...renderUnitState(state),
      ...(isDone(state) ? { isDone: true } : {}),
      ...(pid === undefined ? {} : { pid }),
      ...(member === undefined ? {} : { member }),
    };
  };

  const serviceOf = (entry: Entry): Service | undefined => {
    const { definition, name } = entry.unit;
    if (definition.kind !== 'service') return undefined;
    entry.service ??= openService(deps, {
      unit: name.full,
      context,
      settings: definition.settings,
      builtin: deps.builtins.get(name.full),
      onChange: () => tell(entry),
    });
    return entry.service;
  };

  const isActive = (unit: RunnableUnit) => statusOf(entryOf(unit)).active === 'active';

  return {
    find: (unit) => entries.get(unit)?.unit,
    enter(definition) {
      const { name } = definition;
      const known = entries.get(name.full);
      if (known !== undefined) return known.unit;
      const unit = { name, definition };
      notes.delete(name.full);
      entries.set(name.full, { unit, service: undefined, isReached: false, startedAs: 0, told: '' });
      return unit;
    },
    configure(unit, definition) {
      const entry = entryOf(unit);
      if (JSON.stringify(unit.definition) === JSON.stringify(definition)) return false;
      if (definition.kind !== 'service' && definition.kind !== 'target') {
        if (entry.service === undefined || isSettled(entry.service.state())) entries.delete(unit.name.full);
        return true;
      }
      entry.unit = { name: definition.name, definition };
      if (definition.kind === 'service') entry.service?.configure(definition.settings);
      return true;
    },
    note(status) {
      notes.set(status.name, status);
      const entry = entries.get(status.name);
      if (entry === undefined) counter.step();
      else tell(entry);
    },
    units: () => [...entries.values()].map(({ unit }) => unit),
    byStart: () =>
      [...entries.values()]
        .filter(({ startedAs }) => startedAs > 0)
        .toSorted((a, b) => a.startedAs - b.startedAs)
        .map(({ unit }) => unit),
    isActive,
    canReload: (unit) => isActive(unit) && (entryOf(unit).service?.state().policy.counts.reload ?? 0) > 0,
    async start(unit) {
      const entry = entryOf(unit);
      if (isActive(unit)) return 'unchanged';
      if (isClosed) throw fail('agent/supervisor-stopped', { command: 'start', unit: unit.name.full });
      notes.delete(unit.name.full);
      starts += 1;
      entry.startedAs = starts;
      const service = serviceOf(entry);
      if (service === undefined) {
        entry.isReached = true;
        tell(entry);
        return 'changed';
      }
      while (isStopping(service.state())) await service.until((state) => !isStopping(state));
      if (isClosed) throw fail('agent/supervisor-stopped', { command: 'start', unit: unit.name.full });
      service.send({ kind: 'start' });
      refuseFailed(unit, await service.until((state) => !isStarting(state)));
      return 'changed';
    },
    async stop(unit) {
      const entry = entryOf(unit);
      const { service } = entry;
      if (service === undefined) {
        const change = entry.isReached ? 'changed' : 'unchanged';
        entry.isReached = false;
        tell(entry);
        return change;
      }
      if (isSettled(service.state())) return 'unchanged';
      service.send({ kind: 'stop' });
      await service.until(isSettled);
      return 'changed';
    },
    async reload(unit) {
      const { service } = entryOf(unit);
      const name = unit.name.full;
      const { active } = statusOf(entryOf(unit));
      if (service?.state().kind !== 'running') throw fail('agent/unit-not-active', { unit: name, active });
      if (service.state().policy.counts.reload === 0) {
        throw fail('agent/unit-failed', { command: 'reload', unit: name, reason: 'it has no ExecReload=' });
      }
      service.send({ kind: 'reload' });
      await service.until(({ kind }) => kind !== 'reload');
      return 'changed';
    },
    resetFailed: (unit) => entryOf(unit).service?.send({ kind: 'reset-failed' }),
    status: (unit) => statusOf(entryOf(unit)),
    statuses: () => {
      const known = [...entries.values()].map(statusOf);
      const noted = [...notes.values()].filter(({ name }) => !entries.has(name));
      return [...known, ...noted].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    changed: counter.changed,
    close: () => {
      isClosed = true;
    },
    async sweep() {
      const services = [...entries.values()].flatMap(({ service }) =>
        service === undefined ? [] : [service],
      );
      await Promise.all(services.map((service) => service.sweep()));
    },
  };
}

const reached = { active: 'active', sub: 'active' } as const;

/** A oneshot that nobody stopped, and that ended well. */
function isDone({ kind, policy, outcome, isStopWanted, starts }: UnitState): boolean {
  const hasRun = kind === 'dead' && starts.length > 0 && !isStopWanted;
  return hasRun && policy.type === 'oneshot' && outcome.kind === 'success';
}

function isStopping({ kind }: UnitState): boolean {
  return kind === 'stop' || kind === 'killing' || kind === 'stop-post';
}

function isSettled({ kind }: UnitState): boolean {
  return kind === 'dead' || kind === 'failed';
}

/** Whether it is still open how a start ends; one that failed, or did its work, is followed to its end. */
function isStarting(state: UnitState): boolean {
  return (
    state.kind === 'start-pre' || state.kind === 'start' || state.kind === 'start-post' || isStopping(state)
  );
}

function refuseFailed(unit: RunnableUnit, state: UnitState): void {
  const isGood =
    state.kind === 'dead' ? !state.isStopWanted : state.kind !== 'failed' && state.kind !== 'auto-restart';
  if (isGood) return;
  const reason = renderOutcome(state.outcome) || 'it was stopped meanwhile';
  throw fail('agent/unit-failed', { command: 'start', unit: unit.name.full, reason });
}
