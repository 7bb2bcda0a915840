// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../model/index.js';

const fleet = '/_coreos.com/fleet/';
const own = '/_muster_units/';

/**
 * The keys of units. fleet's keep fleet's names (Source: coreos/fleet registry/*.go); what fleet had no record for is
 * below a root of its own, sorted so that a machine finds all that is meant for it in one narrow range.
 */
export const unitKeys = {
  jobFolder: `${fleet}job/`,
  unitFolder: `${fleet}unit/`,
  stateFolder: `${fleet}states/`,
  machineFolder: `${fleet}machines/`,
  text: (hash: string) => `${fleet}unit/${hash}`,
  job: (unit: string) => `${fleet}job/${unit}/`,
  jobObject: (unit: string) => `${fleet}job/${unit}/object`,
  targetState: (unit: string) => `${fleet}job/${unit}/target-state`,
  target: (unit: string) => `${fleet}job/${unit}/target`,
  jobState: (unit: string) => `${fleet}job/${unit}/job-state`,
  statesOf: (unit: string) => `${fleet}states/${unit}/`,
  state: (unit: string, machine: MachineId) => `${fleet}states/${unit}/${machine}`,
  metadata: (machine: MachineId, key: string) => `${fleet}machines/${machine}/metadata/${key}`,
  ownFolder: own,
  scheduleOf: (machine: MachineId) => `${own}schedule/${machine}/`,
  schedule: (machine: MachineId, unit: string) => `${own}schedule/${machine}/${unit}`,
  /** What a machine has to offer. */
  host: (machine: MachineId) => `${own}hosts/${machine}`,
  /** What an operator wants of a machine. */
  mark: (machine: MachineId) => `${own}marks/${machine}`,
  restart: (unit: string) => `${own}restarts/${unit}`,
  rollout: (group: string) => `${own}rollouts/${group}`,
  rebalance: `${own}rebalance`,
} as const;

export type UnitKeyMeaning =
  | { readonly kind: 'text'; readonly hash: string }
  | { readonly kind: 'object' | 'target-state' | 'target' | 'job-state'; readonly unit: string }
  | { readonly kind: 'state'; readonly unit: string; readonly machine: string }
  | { readonly kind: 'machine'; readonly machine: string }
  | { readonly kind: 'metadata'; readonly machine: string; readonly key: string }
  | { readonly kind: 'schedule'; readonly machine: string; readonly unit: string }
  | { readonly kind: 'hosts' | 'marks'; readonly machine: string }
  | { readonly kind: 'restarts'; readonly unit: string }
  | { readonly kind: 'rollouts'; readonly group: string }
  | { readonly kind: 'rebalance' | 'other' };

/** What a key of units is about; the reverse of `unitKeys`. Cost: a split. */
export function unitMeaningOf(key: string): UnitKeyMeaning {
  const [folder = '', first = '', second, third, ...more] = key.startsWith(fleet)
    ? key.slice(fleet.length).split('/')
    : key.startsWith(own)
      ? ['', ...key.slice(own.length).split('/')]
      : [];
  if (first === '' || more.length > 0) return { kind: 'other' };
  if (folder === '') return ownMeaningOf(first, second, third);
  if (folder === 'unit' && second === undefined) return { kind: 'text', hash: first };
  if (folder === 'states' && second !== undefined && third === undefined) {
    return { kind: 'state', unit: first, machine: second };
  }
  if (folder === 'machines' && second === 'object' && third === undefined) {
    return { kind: 'machine', machine: first };
  }
  if (folder === 'machines' && second === 'metadata' && third !== undefined) {
    return { kind: 'metadata', machine: first, key: third };
  }
  if (folder !== 'job' || third !== undefined) return { kind: 'other' };
  switch (second) {
    case 'object':
    case 'target-state':
    case 'target':
    case 'job-state':
      return { kind: second, unit: first };
    default:
      return { kind: 'other' };
  }
}

function ownMeaningOf(kind: string, first: string | undefined, second: string | undefined): UnitKeyMeaning {
  if (kind === 'rebalance' && first === undefined) return { kind };
  if (first === undefined) return { kind: 'other' };
  if (kind === 'schedule' && second !== undefined) return { kind, machine: first, unit: second };
  if (second !== undefined) return { kind: 'other' };
  if (kind === 'hosts' || kind === 'marks') return { kind, machine: first };
  if (kind === 'restarts') return { kind, unit: first };
  return kind === 'rollouts' ? { kind, group: first } : { kind: 'other' };
}
