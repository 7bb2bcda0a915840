// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Clock, Files, Log } from '../effects/index.js';
import type { ScheduleEntry, StateReport, UnitState } from '../registry/index.js';
import { type ChangeCounter, openChangeCounter } from './change-counter.js';
import { messageOf } from './errors.js';
import { resolveInRoot } from './node-root.js';
import type { Supervisor, UnitStatus } from './supervisor.js';

export interface ScheduledUnitsDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly supervisor: Supervisor;
  /** The folder that stands for `/`. */
  readonly root: string;
}

/** The units that the cluster gave to this machine; they outlive any lease and any store. */
export interface ScheduledUnits {
  /** Takes over what the machine is to do; returns at once, and what it takes is reported as it comes. */
  take(
    entries: ReadonlyMap<string, ScheduleEntry>,
    textOf: (hash: string) => Promise<string | undefined>,
  ): void;
  /** Names of those it has; they are reported one by one, not with the node. */
  names(): ReadonlySet<string>;
  /** What there is to tell now. */
  reports(): Promise<readonly StateReport[]>;
  /** As `Supervisor.changed`, of these units' own progress. */
  changed(seen: number, signal: AbortSignal): Promise<number>;
}

interface Unit {
  readonly name: string;
  /** What is to be; nothing: it is to go. */
  wanted: ScheduleEntry | undefined;
  /** What is. */
  hash: string;
  restart: number;
  isStarted: boolean;
  isLoaded: boolean;
  isWorking: boolean;
  problem: string;
}

const folder = '/run/systemd/system';

/**
 * Keeps units as the schedule has them, through whatever runs the node's units. Each unit goes its own way: one that
 * hangs holds up no other. A unit of the same name that the node has already is left alone and reported as an error.
 */
export function openScheduledUnits(deps: ScheduledUnitsDeps): ScheduledUnits {
  const units = new Map<string, Unit>();
  const counter: ChangeCounter = openChangeCounter();
  const files = { turn: Promise.resolve() };
  const sources: { textOf: (hash: string) => Promise<string | undefined> } = {
    textOf: async () => undefined,
  };

  /** Unit files are written and read anew by one at a time. */
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const done = files.turn.then(work);
    files.turn = done.then(
      () => {},
      () => {},
    );
    return done;
  };
  const pathOf = async (name: string) => {
    const real = await resolveInRoot(deps.files, deps.root, folder, {
      last: 'follow',
      absoluteLinks: 'node',
    });
    await deps.files.makeFolder(real);
    return posix.join(real, name);
  };

  const step = async (unit: Unit): Promise<boolean> => {
    const { supervisor } = deps;
    const { name, wanted } = unit;
    if (unit.isStarted && (wanted === undefined || wanted.state === 'loaded' || wanted.hash !== unit.hash)) {
      await supervisor.command(name, 'stop');
      unit.isStarted = false;
      return true;
    }
    if (wanted === undefined) {
      if (!unit.isLoaded) return false;
      await exclusive(async () => {
        await deps.files.remove(await pathOf(name));
        await supervisor.reload();
      });
      unit.isLoaded = false;
      return true;
    }
    if (!unit.isLoaded || unit.hash !== wanted.hash) {
      if (!unit.isLoaded && (await isTaken(supervisor, name)))
        throw new Error('the node has a unit of this name');
      const text = await sources.textOf(wanted.hash);
      if (text === undefined) throw new Error(`its text ${wanted.hash.slice(0, 7)} is not in the store`);
      await exclusive(async () => {
        await deps.files.write(await pathOf(name), text, { mode: 0o644 });
        await supervisor.reload();
      });
      Object.assign(unit, { isLoaded: true, hash: wanted.hash, restart: wanted.restart });
      return true;
    }
    if (wanted.state === 'launched' && !unit.isStarted) {
      unit.isStarted = true;
      unit.restart = wanted.restart;
      await supervisor.command(name, 'start');
      return true;
    }
    if (unit.restart !== wanted.restart) {
      unit.restart = wanted.restart;
      if (unit.isStarted) await supervisor.command(name, 'restart');
      return true;
    }
    return false;
  };
  const work = async (unit: Unit): Promise<void> => {
    if (unit.isWorking) return;
    unit.isWorking = true;
    try {
      while (await step(unit)) {
        unit.problem = '';
        counter.step();
      }
      if (unit.wanted === undefined && !unit.isLoaded) units.delete(unit.name);
    } catch (error) {
      unit.problem = messageOf(error);
      deps.log.warn('a scheduled unit is not as it should be', { unit: unit.name, reason: unit.problem });
    } finally {
      unit.isWorking = false;
      counter.step();
    }
  };
  const want = (name: string, wanted: ScheduleEntry | undefined) => {
    const known = units.get(name);
    if (known === undefined && wanted === undefined) return;
    const unit = known ?? newUnit(name);
    units.set(name, unit);
    const isNew = JSON.stringify(unit.wanted) !== JSON.stringify(wanted);
    unit.wanted = wanted;
    // One that is being worked on looks at what is wanted before each step.
    if (isNew) void work(unit);
  };
  return {
    take(entries, textOf) {
      sources.textOf = textOf;
      for (const name of units.keys()) if (!entries.has(name)) want(name, undefined);
      for (const [name, entry] of entries) want(name, entry);
    },
    names: () => new Set(units.keys()),
    async reports() {
      const all = [...units.values()];
      const statuses = await Promise.all(all.map(({ name }) => deps.supervisor.status(name)));
      return all.map((unit, index) => reportOf(unit, statuses[index]));
    },
    changed: counter.changed,
  };
}

function newUnit(name: string): Unit {
  return {
    name,
    wanted: undefined,
    hash: '',
    restart: 0,
    isStarted: false,
    isLoaded: false,
    isWorking: false,
    problem: '',
  };
}

async function isTaken(supervisor: Supervisor, name: string): Promise<boolean> {
  const { load } = await supervisor.status(name);
  return load === 'loaded' || load === 'masked';
}

function reportOf(unit: Unit, status: UnitStatus | undefined): StateReport {
  const isGlobal = unit.wanted?.isGlobal === true;
  const isLaunched = unit.isStarted && unit.wanted?.state === 'launched';
  const own = { hash: unit.hash || (unit.wanted?.hash ?? '') };
  const reason = status?.reason ?? unit.problem;
  const isUnmade = !unit.isLoaded && unit.problem !== '';
  const state: UnitState =
    status === undefined || isUnmade
      ? { ...own, load: 'error', active: 'failed', sub: 'failed', reason }
      : {
          ...own,
          load: status.load,
          active: status.active,
          sub: status.sub,
          ...(reason === '' ? {} : { reason }),
          ...(status.isDone ? { isDone: true } : {}),
        };
  return { unit: unit.name, state, isLaunched, isGlobal };
}
