// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import { z } from 'zod';
import type { Clock, Files, Log } from '../effects/index.js';
import type { ScheduleEntry, StateReport, UnitState } from '../registry/index.js';
import { hashOfUnit, isSameService } from '../units/index.js';
import { type ChangeCounter, openChangeCounter } from './change-counter.js';
import { messageOf } from './errors.js';
import { joined } from './joined.js';
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
  /** A file of its name is ours, whether it is written already or not. */
  isOwn: boolean;
  isWorking: boolean;
  problem: string;
}

/** The record goes with each. */
type FileChange =
  | { readonly kind: 'record' }
  | { readonly kind: 'write'; readonly unit: string; readonly text: string }
  | { readonly kind: 'remove'; readonly unit: string };

const folder = '/run/systemd/system';
/** Of an agent that was here before; gone with the boot, as the unit files are. */
const recordFolder = '/run/muster';
const recordName = 'units.json';
const recordSchema = z.record(
  z.string(),
  z.object({ hash: z.string(), restart: z.number(), isStarted: z.boolean() }),
);

/**
 * Keeps units as the schedule has them, through whatever runs the node's units. Each unit goes its own way: one that
 * hangs holds up no other. A unit of the same name that the node has already is left alone and reported as an error,
 * but for those that an agent before this one made: these are taken over as they are, and what is not to be here any
 * more goes.
 */
export function openScheduledUnits(deps: ScheduledUnitsDeps): ScheduledUnits {
  const units = new Map<string, Unit>();
  const counter: ChangeCounter = openChangeCounter();
  const sources: { textOf: (hash: string) => Promise<string | undefined> } = {
    textOf: async () => undefined,
  };

  /** By hash: instances of a template have one text, which is asked for once. */
  const texts = new Map<string, Promise<string | undefined>>();
  const fetchText = async (hash: string) => {
    const asked = texts.get(hash) ?? sources.textOf(hash);
    texts.set(hash, asked);
    try {
      const text = await asked;
      if (text === undefined) texts.delete(hash);
      return text;
    } catch (error) {
      texts.delete(hash);
      throw error;
    }
  };
  const textOf = async ({ hash }: ScheduleEntry) => {
    const text = await fetchText(hash);
    if (text === undefined) throw new Error(`its text ${hash.slice(0, 7)} is not in the store`);
    return text;
  };
  /** One that is being fetched for nobody any more is only not kept. */
  const forgetTexts = () => {
    const wanted = new Set([...latest.entries.values()].map(({ hash }) => hash));
    for (const hash of texts.keys()) if (!wanted.has(hash)) texts.delete(hash);
  };
  const latest: { entries: ReadonlyMap<string, ScheduleEntry> } = { entries: new Map() };
  const adopted: { done?: Promise<void> } = {};

  const pathOf = async (name: string) => posix.join(await inRoot(deps, folder), name);

  /** Written before a unit file is, so that no file of ours is ever taken for somebody else's. */
  const save = async () => {
    const own = [...units.values()].filter(({ isOwn }) => isOwn);
    const record = own.map(({ name, hash, restart, isStarted }) => [name, { hash, restart, isStarted }]);
    const path = posix.join(await inRoot(deps, recordFolder), recordName);
    await deps.files.write(path, JSON.stringify(Object.fromEntries(record)), { mode: 0o600 });
  };
  /** Reading unit files anew costs systemd a look at all of them, however many have changed. */
  const change = joined(async (changes: readonly FileChange[]) => {
    await save();
    const results = await Promise.allSettled(changes.map(applyChange));
    if (changes.some(({ kind }) => kind !== 'record')) await deps.supervisor.reload();
    return results;
  });
  const applyChange = async (one: FileChange) => {
    if (one.kind === 'write') await deps.files.write(await pathOf(one.unit), one.text, { mode: 0o644 });
    if (one.kind === 'remove') await deps.files.remove(await pathOf(one.unit));
  };
  const adopt = async () => {
    const path = posix.join(await inRoot(deps, recordFolder), recordName);
    const record = parseRecord(await deps.files.readText(path));
    for (const [name, { hash, restart, isStarted }] of Object.entries(record)) {
      const text = await deps.files.readText(await pathOf(name));
      const isLoaded = text !== undefined && hashOfUnit(text) === hash;
      // The agent before may have gone while it started it.
      const { active } = await deps.supervisor.status(name);
      const isRunning = isStarted || /^(active|activating|reloading)$/.test(active);
      units.set(name, { ...newUnit(name), hash, restart, isStarted: isRunning, isLoaded, isOwn: true });
    }
  };

  /** A unit that cannot be run cannot be stopped either, and must go away all the same. */
  const stop = (name: string) =>
    deps.supervisor.command(name, 'stop').catch(async (error: unknown) => {
      const { active } = await deps.supervisor.status(name);
      if (active !== 'inactive' && active !== 'failed') throw error;
    });

  const step = async (unit: Unit): Promise<boolean> => {
    const { supervisor } = deps;
    const { name, wanted } = unit;
    if (unit.isStarted && wanted?.state === 'launched' && wanted.hash !== unit.hash) {
      // Had before the unit is stopped: a store that is away stops nothing.
      const text = await textOf(wanted);
      const before = await deps.files.readText(await pathOf(name));
      if (before !== undefined && isSameService(before, text)) {
        Object.assign(unit, { isLoaded: false, hash: wanted.hash });
        await change({ kind: 'write', unit: name, text });
        unit.isLoaded = true;
        return true;
      }
    }
    if (unit.isStarted && (wanted === undefined || wanted.state === 'loaded' || wanted.hash !== unit.hash)) {
      await stop(name);
      unit.isStarted = false;
      await change({ kind: 'record' });
      return true;
    }
    if (wanted === undefined) {
      if (!unit.isOwn) return false;
      await change({ kind: 'remove', unit: name });
      Object.assign(unit, { isLoaded: false, isOwn: false });
      await change({ kind: 'record' });
      return true;
    }
    if (!unit.isLoaded || unit.hash !== wanted.hash) {
      if (!unit.isOwn && (await isTaken(supervisor, name)))
        throw new Error('the node has a unit of this name');
      const text = await textOf(wanted);
      const isOther = unit.isOwn && unit.hash !== wanted.hash;
      Object.assign(unit, { isOwn: true, isLoaded: false, hash: wanted.hash, restart: wanted.restart });
      await change({ kind: 'write', unit: name, text });
      // What the text before did must not count against this one.
      if (isOther) await supervisor.resetFailed(name);
      unit.isLoaded = true;
      return true;
    }
    if (wanted.state === 'launched' && !unit.isStarted) {
      unit.isStarted = true;
      unit.restart = wanted.restart;
      await supervisor.command(name, 'start').finally(() => change({ kind: 'record' }));
      return true;
    }
    if (unit.restart !== wanted.restart) {
      unit.restart = wanted.restart;
      await change({ kind: 'record' });
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
      if (unit.wanted === undefined && !unit.isOwn) units.delete(unit.name);
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
    const isToGo = wanted === undefined && unit.isOwn;
    const isUnmade = !unit.isLoaded && unit.problem !== '';
    // One that is being worked on looks at what is wanted before each step.
    if (isNew || isToGo || isUnmade) void work(unit);
  };
  return {
    take(entries, textOf) {
      sources.textOf = textOf;
      latest.entries = entries;
      forgetTexts();
      adopted.done ??= adopt().catch((error: unknown) => {
        deps.log.warn('cannot take over scheduled units', { reason: messageOf(error) });
      });
      void adopted.done.then(() => {
        for (const name of units.keys()) if (!latest.entries.has(name)) want(name, undefined);
        for (const [name, entry] of latest.entries) want(name, entry);
      });
    },
    names: () => new Set(units.keys()),
    async reports() {
      const all = [...units.values()];
      const statuses = await deps.supervisor.statuses(all.map(({ name }) => name));
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
    isOwn: false,
    isWorking: false,
    problem: '',
  };
}

/** A folder of the node, made if it is not there. */
async function inRoot({ files, root }: ScheduledUnitsDeps, path: string): Promise<string> {
  const real = await resolveInRoot(files, root, path, { last: 'follow', absoluteLinks: 'node' });
  await files.makeFolder(real);
  return real;
}

/** One that cannot be read says nothing: then the files are somebody else's. */
function parseRecord(text: string | undefined): z.infer<typeof recordSchema> {
  try {
    return recordSchema.parse(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
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
  // One that its supervisor cannot run is dead to it; to who asked for it to run, it has failed.
  const isUnfit = unit.wanted?.state === 'launched' && status?.load !== 'loaded';
  const isUnmade = unit.problem !== '' && (!unit.isLoaded || isUnfit);
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
