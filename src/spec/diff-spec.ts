// SPDX-License-Identifier: Apache-2.0

import type { ClusterSpec, MachineSpec } from './cluster-spec.js';

/** One difference of two specs; `text` is for people. */
export type SpecChange = { readonly text: string } & (
  | { readonly kind: 'machine-added'; readonly machine: string }
  | { readonly kind: 'machine-removed'; readonly machine: string }
  | { readonly kind: 'machine-changed'; readonly machine: string; readonly field: string }
  | { readonly kind: 'setting-changed'; readonly field: string }
);

/**
 * What differs from `before` to `after`: settings first, then machines by name, one change for each field. Empty
 * when both mean the same cluster; the order of the machines does not count.
 */
export function diffSpec(before: ClusterSpec, after: ClusterSpec): readonly SpecChange[] {
  return [...diffSettings(before, after), ...diffMachines(before.machines, after.machines)];
}

function diffSettings(before: ClusterSpec, after: ClusterSpec): readonly SpecChange[] {
  const { machines: _before, ...old } = before;
  const { machines: _after, ...now } = after;
  return diffFields(old, now).map(({ field, text }) => ({ kind: 'setting-changed', field, text }));
}

function diffMachines(before: readonly MachineSpec[], after: readonly MachineSpec[]): readonly SpecChange[] {
  const old = new Map(before.map((machine) => [machine.name, machine]));
  const now = new Map(after.map((machine) => [machine.name, machine]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .flatMap((name) => diffMachine(name, old.get(name), now.get(name)));
}

function diffMachine(
  name: string,
  before: MachineSpec | undefined,
  after: MachineSpec | undefined,
): readonly SpecChange[] {
  if (before === undefined)
    return [{ kind: 'machine-added', machine: name, text: `machine ${name} is added` }];
  if (after === undefined)
    return [{ kind: 'machine-removed', machine: name, text: `machine ${name} is removed` }];
  return diffFields(before, after).map(({ field, text }) => ({
    kind: 'machine-changed',
    machine: name,
    field,
    text: `machine ${name}: ${text}`,
  }));
}

interface FieldChange {
  readonly field: string;
  readonly text: string;
}

/** Fields that differ, down to single values: `control.port`. Lists count as one value. */
function diffFields(before: object, after: object, prefix = ''): readonly FieldChange[] {
  const old = new Map(Object.entries(before));
  const now = new Map(Object.entries(after));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    const field = `${prefix}${key}`;
    const [was, is]: readonly unknown[] = [old.get(key), now.get(key)];
    if (renderValue(was) === renderValue(is)) return [];
    if (isRecord(was) && isRecord(is)) return diffFields(was, is, `${field}.`);
    return [{ field, text: `${field} changes from ${renderValue(was)} to ${renderValue(is)}` }];
  });
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equal for equal data, whatever the order of keys; values that are not set are all the same. */
function renderValue(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  if (Array.isArray(value)) return `[${value.map(renderValue).join(', ')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${key}: ${renderValue(item)}`).join(', ')}}`;
}
