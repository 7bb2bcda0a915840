// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import { metadataOf, type UnitChange, type UnitTable, type UnitWrite } from '../../registry/index.js';
import {
  type FleetOptions,
  findUnitName,
  type Glob,
  parseFleetOptions,
  parseGlob,
  parseUnitFile,
  type UnitName,
} from '../../units/index.js';

/** A unit as the planner sees it: what its text says of where it may run. */
export interface PlannedUnit {
  readonly name: string;
  readonly parts: UnitName;
  readonly hash: string;
  readonly options: FleetOptions;
  readonly conflicts: readonly Glob[];
  readonly replaces: readonly Glob[];
  readonly avoids: readonly Glob[];
  /** Units that are replaced together: the template of an instance, else the unit itself. */
  readonly group: string;
}

/** A machine that units can run on, with what is on it. */
export interface MachineLoad {
  readonly id: MachineId;
  /** As the cluster file has it, also once it is gone; its ID as long as nobody said. */
  name: string;
  metadata: Readonly<Record<string, string>>;
  /** Nothing: its lease is gone. */
  isPresent: boolean;
  mark: 'cordon' | 'drain' | undefined;
  /** Nothing is known: it takes any. */
  memoryBytes: number | undefined;
  cpus: number | undefined;
  /** All that it is to run. */
  readonly units: Map<string, PlannedUnit | undefined>;
  /** What it still tells of, although it is not to run it any more: until that is over, it takes up its place. */
  readonly leaving: Map<string, PlannedUnit | undefined>;
  /** Of all these, those that say what they cannot be with, or what they take the place of. */
  readonly choosy: Set<string>;
  /** Those that are not global. */
  count: number;
  usedMemory: number;
  usedCpus: number;
}

/** The indexes that make a plan cheap: kept by each change, never built anew while the registry is followed. */
export interface Board {
  readonly table: UnitTable;
  readonly machines: ReadonlyMap<MachineId, MachineLoad>;
  /** Machines that are there, by ID. */
  present(): readonly MachineLoad[];
  /** Nothing: there is no such unit, or its text is not there. */
  unit(name: string): PlannedUnit | undefined;
  /** Machines that are to run it. */
  holders(name: string): ReadonlySet<MachineId>;
  members(group: string): ReadonlySet<string>;
  /** Units that follow a unit by `MachineOf`. */
  followers(name: string): ReadonlySet<string>;
  globals(): ReadonlySet<string>;
  /** What must be looked at again; empties the list. */
  takeDirty(): readonly string[];
  touch(name: string): void;
  /** Whether a place became free since it was last asked. */
  takeFreed(): boolean;
  /** Takes in what changed in the table. */
  apply(change: UnitChange): void;
  /** Takes a decision for done, in the table and here. */
  decide(write: UnitWrite): void;
}

const none: ReadonlySet<never> = new Set<never>();

export function openBoard(table: UnitTable): Board {
  const machines = new Map<MachineId, MachineLoad>();
  const units = new Map<string, PlannedUnit>();
  const holders = new Map<string, Set<MachineId>>();
  const groups = new Map<string, Set<string>>();
  const followers = new Map<string, Set<string>>();
  const globals = new Set<string>();
  const textUsers = new Map<string, Set<string>>();
  /** Texts that were in the table when it was last looked at. */
  const knownTexts = new Set(table.texts.keys());
  const dirty = new Set<string>();
  const state: { isFreed: boolean; present: readonly MachineLoad[] | undefined } = {
    isFreed: true,
    present: undefined,
  };

  const machineOf = (id: MachineId): MachineLoad => {
    const known = machines.get(id);
    if (known !== undefined) return known;
    const load = emptyLoad(id);
    machines.set(id, load);
    return load;
  };
  const count = (load: MachineLoad, name: string, unit: PlannedUnit | undefined, sign: 1 | -1) => {
    if (sign > 0) load.units.set(name, unit);
    else load.units.delete(name);
    if (unit?.options.isGlobal !== true) load.count += sign;
    weigh(load, name, unit, sign);
  };
  const weigh = (load: MachineLoad, name: string, unit: PlannedUnit | undefined, sign: 1 | -1) => {
    if (unit === undefined) return;
    load.usedMemory += sign * unit.options.memoryBytes;
    load.usedCpus += sign * unit.options.cpus;
    if (unit.conflicts.length === 0 && unit.replaces.length === 0) return;
    if (sign > 0) load.choosy.add(name);
    else load.choosy.delete(name);
  };
  const foldSchedule = (id: MachineId, name: string) => {
    const isThere = table.schedule.get(id)?.has(name) ?? false;
    const load = machineOf(id);
    if (load.units.has(name) === isThere) return;
    const unit = isThere ? units.get(name) : load.units.get(name);
    count(load, name, unit, isThere ? 1 : -1);
    foldLeaving(load, name, unit);
    if (isThere) addTo(holders, name, id);
    else {
      removeFrom(holders, name, id);
      state.isFreed = true;
    }
    for (const follower of followers.get(name) ?? []) dirty.add(follower);
  };
  const foldLeaving = (load: MachineLoad, name: string, unit: PlannedUnit | undefined) => {
    const isLeaving = !load.units.has(name) && table.states.get(name)?.has(load.id) === true;
    if (load.leaving.has(name) === isLeaving) return;
    if (isLeaving) {
      load.leaving.set(name, unit);
      weigh(load, name, unit, 1);
      return;
    }
    weigh(load, name, load.leaving.get(name), -1);
    load.leaving.delete(name);
    state.isFreed = true;
  };
  /** True when the unit is another one now. */
  const foldUnit = (name: string): boolean => {
    const before = units.get(name);
    const object = table.jobs.get(name)?.object;
    const text = object && table.texts.get(object.hash);
    if (object !== undefined) addTo(textUsers, object.hash, name);
    if (before?.hash === object?.hash && (before === undefined) === (text === undefined)) return false;
    const unit = object && text !== undefined ? plannedUnit(name, object.hash, text) : undefined;
    const held = [...(holders.get(name) ?? [])].map((id) => machineOf(id));
    for (const load of held) count(load, name, load.units.get(name), -1);
    if (before !== undefined) forget(before);
    if (unit !== undefined) remember(unit);
    // One that is destroyed takes up its place until it is gone from there.
    for (const load of held) count(load, name, unit ?? before, 1);
    state.isFreed = true;
    return true;
  };
  const forget = (unit: PlannedUnit) => {
    units.delete(unit.name);
    globals.delete(unit.name);
    removeFrom(groups, unit.group, unit.name);
    removeFrom(textUsers, unit.hash, unit.name);
    for (const other of unit.options.machineOf) removeFrom(followers, other, unit.name);
  };
  const remember = (unit: PlannedUnit) => {
    units.set(unit.name, unit);
    if (unit.options.isGlobal) globals.add(unit.name);
    addTo(groups, unit.group, unit.name);
    for (const other of unit.options.machineOf) addTo(followers, other, unit.name);
  };
  const foldMachine = (id: MachineId) => {
    const found = table.machines.get(id);
    const load = machineOf(id);
    load.isPresent = found?.machine !== undefined;
    load.metadata = found === undefined ? {} : metadataOf(found);
    load.mark = found?.mark?.kind;
    load.name = found?.host?.name ?? load.name;
    load.memoryBytes = found?.host?.memoryBytes;
    load.cpus = found?.host?.cpus;
    for (const name of load.units.keys()) dirty.add(name);
    for (const name of globals) dirty.add(name);
    state.isFreed = true;
    state.present = undefined;
  };
  const apply = (change: UnitChange): void => {
    switch (change.kind) {
      case 'job':
        foldUnit(change.unit);
        dirty.add(change.unit);
        for (const name of followers.get(change.unit) ?? []) dirty.add(name);
        for (const name of replicaKin(change.unit, groups)) dirty.add(name);
        return;
      case 'text':
        // It is written again with each unit that has it, and is the same one each time.
        if (table.texts.has(change.hash) === knownTexts.has(change.hash)) return;
        if (!knownTexts.delete(change.hash)) knownTexts.add(change.hash);
        for (const name of [...(textUsers.get(change.hash) ?? [])]) if (foldUnit(name)) dirty.add(name);
        return;
      case 'state':
        foldLeaving(machineOf(change.machine), change.unit, units.get(change.unit));
        dirty.add(change.unit);
        return;
      case 'machine':
        return foldMachine(change.machine);
      case 'schedule':
        foldSchedule(change.machine, change.unit);
        dirty.add(change.unit);
        return;
      case 'rollout':
        for (const name of groups.get(change.group) ?? []) dirty.add(name);
        return;
      case 'rebalance':
        return;
      default:
        return change satisfies never;
    }
  };

  for (const name of table.jobs.keys()) {
    foldUnit(name);
    dirty.add(name);
  }
  for (const id of table.machines.keys()) foldMachine(id);
  for (const [id, entries] of table.schedule) {
    for (const name of entries.keys()) {
      foldSchedule(id, name);
      dirty.add(name);
    }
  }
  for (const [name, found] of table.states) {
    for (const id of found.keys()) foldLeaving(machineOf(id), name, units.get(name));
  }
  return {
    table,
    machines,
    present() {
      state.present ??= [...machines.values()]
        .filter(({ isPresent }) => isPresent)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      return state.present;
    },
    unit: (name) => units.get(name),
    holders: (name) => holders.get(name) ?? none,
    members: (group) => groups.get(group) ?? none,
    followers: (name) => followers.get(name) ?? none,
    globals: () => globals,
    takeDirty() {
      const taken = [...dirty];
      dirty.clear();
      return taken;
    },
    touch: (name) => dirty.add(name),
    takeFreed() {
      const { isFreed } = state;
      state.isFreed = false;
      return isFreed;
    },
    apply,
    decide(write) {
      for (const change of table.assume(write)) apply(change);
    },
  };
}

function emptyLoad(id: MachineId): MachineLoad {
  return {
    id,
    name: id,
    metadata: {},
    isPresent: false,
    mark: undefined,
    memoryBytes: undefined,
    cpus: undefined,
    units: new Map(),
    leaving: new Map(),
    choosy: new Set(),
    count: 0,
    usedMemory: 0,
    usedCpus: 0,
  };
}

function plannedUnit(name: string, hash: string, text: string): PlannedUnit | undefined {
  const parts = findUnitName(name);
  if (parts === undefined || parts.full !== name) return undefined;
  // The whole text is read for ten lines of it only when there are any.
  const { options } = parseFleetOptions(
    parts,
    text.includes('[X-Fleet]') ? parseUnitFile(text).unit : { sections: [] },
  );
  const globs = (patterns: readonly string[]) =>
    patterns.map((pattern) => parseGlob(pattern)).filter((glob) => glob !== undefined);
  return {
    name,
    parts,
    hash,
    options,
    conflicts: globs(options.conflicts),
    replaces: globs(options.replaces),
    avoids: globs(options.avoids),
    group: groupOf(parts),
  };
}

/** What is replaced together: all instances of a template, else the unit alone. */
export function groupOf(name: UnitName): string {
  return name.instance === undefined ? name.full : `${name.prefix}@.${name.type}`;
}

/** A template's instances hang on it. */
function replicaKin(name: string, groups: ReadonlyMap<string, ReadonlySet<string>>): Iterable<string> {
  return name.includes('@.') ? (groups.get(name) ?? []) : [];
}

function addTo<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const found = map.get(key);
  if (found === undefined) map.set(key, new Set([value]));
  else found.add(value);
}

function removeFrom<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const found = map.get(key);
  found?.delete(value);
  if (found?.size === 0) map.delete(key);
}
