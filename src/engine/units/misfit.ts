// SPDX-License-Identifier: Apache-2.0

import type { Board, MachineLoad, PlannedUnit } from './board.js';

/** What speaks against a unit on a machine. */
export type Misfit =
  | { readonly kind: 'gone' }
  | { readonly kind: 'cordoned' | 'draining' }
  | { readonly kind: 'other-machine'; readonly wanted: string }
  | {
      readonly kind: 'metadata';
      readonly key: string;
      readonly wanted: readonly string[];
      readonly found: string | undefined;
    }
  | { readonly kind: 'without'; readonly unit: string }
  | { readonly kind: 'conflict'; readonly unit: string; readonly isTheirs: boolean }
  | { readonly kind: 'replaced'; readonly unit: string }
  | { readonly kind: 'memory' | 'cpus'; readonly wanted: number; readonly free: number };

/**
 * The first thing that speaks against `unit` on `machine`, in fleet's order, then what fleet did not weigh. What the
 * unit itself already holds there does not count.
 *
 * Source: coreos/fleet agent/state.go, AbleToRun
 */
export function findMisfit(board: Board, unit: PlannedUnit, machine: MachineLoad): Misfit | undefined {
  const { options } = unit;
  if (!machine.isPresent) return { kind: 'gone' };
  if (options.machineId !== undefined && !isMachine(machine.id, options.machineId)) {
    return { kind: 'other-machine', wanted: options.machineId };
  }
  for (const { key, values } of options.metadata) {
    const found = machine.metadata[key];
    if (found === undefined || !values.includes(found))
      return { kind: 'metadata', key, wanted: values, found };
  }
  for (const other of options.machineOf) {
    if (board.table.jobs.get(other)?.target !== machine.id) return { kind: 'without', unit: other };
  }
  return findClash(unit, machine) ?? findShortage(unit, machine);
}

/** Whether other units are what speaks against it: it is over when they go. */
export function isOfOthers({ kind }: Misfit): boolean {
  return kind === 'conflict' || kind === 'replaced' || kind === 'memory' || kind === 'cpus';
}

/** Whether the machine takes new units at all. */
export function findRefusal({ mark }: MachineLoad): Misfit | undefined {
  if (mark === undefined) return undefined;
  return { kind: mark === 'drain' ? 'draining' : 'cordoned' };
}

function isMachine(id: string, wanted: string): boolean {
  return id === wanted || (wanted.length === 8 && id.startsWith(wanted));
}

const none: ReadonlyMap<string, PlannedUnit | undefined> = new Map();

/** Another unit on the machine that one of both does not bear. */
function findClash(unit: PlannedUnit, machine: MachineLoad): Misfit | undefined {
  // What leaves counts for what is to come; what is there has got its place.
  const leaving = machine.units.has(unit.name) ? none : machine.leaving;
  if (unit.conflicts.length > 0) {
    for (const name of [...machine.units.keys(), ...leaving.keys()]) {
      if (name !== unit.name && unit.conflicts.some((glob) => glob(name))) {
        return { kind: 'conflict', unit: name, isTheirs: false };
      }
    }
  }
  for (const name of machine.choosy) {
    const other = machine.units.get(name) ?? leaving.get(name);
    if (other === undefined || name === unit.name) continue;
    if (other.conflicts.some((glob) => glob(unit.name)))
      return { kind: 'conflict', unit: name, isTheirs: true };
    if (isReplacing(other, unit)) return { kind: 'replaced', unit: name };
  }
  return undefined;
}

/** Whether `unit` takes the place of `other`; two that take each other's place do not. */
export function isReplacing(unit: PlannedUnit, other: PlannedUnit): boolean {
  if (unit.name === other.name) return false;
  return unit.replaces.some((glob) => glob(other.name)) && !other.replaces.some((glob) => glob(unit.name));
}

function findShortage({ name, options }: PlannedUnit, machine: MachineLoad): Misfit | undefined {
  const isThere = machine.units.has(name);
  const own = isThere ? [...machine.leaving.values()].map((unit) => unit?.options) : [];
  if (isThere) own.push(options);
  const freed = (of: 'memoryBytes' | 'cpus') => own.reduce((sum, one) => sum + (one?.[of] ?? 0), 0);
  if (options.memoryBytes > 0 && machine.memoryBytes !== undefined) {
    const free = machine.memoryBytes - machine.usedMemory + freed('memoryBytes');
    if (options.memoryBytes > free) return { kind: 'memory', wanted: options.memoryBytes, free };
  }
  if (options.cpus > 0 && machine.cpus !== undefined) {
    const free = machine.cpus - machine.usedCpus + freed('cpus');
    // Sums of fractions are off by a little.
    if (options.cpus > free + 1e-9) return { kind: 'cpus', wanted: options.cpus, free };
  }
  return undefined;
}

/** In words, after "it cannot run there: ". */
export function renderMisfit(misfit: Misfit): string {
  switch (misfit.kind) {
    case 'gone':
      return 'the machine is gone';
    case 'cordoned':
      return 'the machine is cordoned';
    case 'draining':
      return 'the machine is being drained';
    case 'other-machine':
      return `MachineID asks for ${misfit.wanted}`;
    case 'metadata': {
      const wanted = misfit.wanted.map((value) => `${misfit.key}=${value}`).join(' or ');
      const found =
        misfit.found === undefined ? `it has no ${misfit.key}` : `it has ${misfit.key}=${misfit.found}`;
      return `MachineMetadata asks for ${wanted}, ${found}`;
    }
    case 'without':
      return `MachineOf asks for ${misfit.unit}, which is not scheduled there`;
    case 'conflict':
      return misfit.isTheirs
        ? `${misfit.unit} is there and conflicts with it`
        : `it conflicts with ${misfit.unit}`;
    case 'replaced':
      return `${misfit.unit} is there and replaces it`;
    case 'memory':
      return `MemoryReserve asks for ${mebibytes(misfit.wanted)}, ${mebibytes(misfit.free)} are free`;
    case 'cpus':
      return `CPUReserve asks for ${misfit.wanted}, ${Math.round(misfit.free * 100) / 100} are free`;
    default:
      return misfit satisfies never;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
