// SPDX-License-Identifier: Apache-2.0

import { type FirmwareFacts, firmwareLabels, normaliseLabel } from './firmware-facts.js';
import type { BootMachine, BootPlan, BootProfile } from './plan.js';

/**
 * Most specific first: by number of labels, then by their sorted text, last in the alphabet first.
 *
 * Source: poseidon/matchbox, matchbox/storage/storagepb/group.go
 */
export function sortProfiles(profiles: readonly BootProfile[]): readonly BootProfile[] {
  const keyed = profiles.map((profile) => ({ profile, text: selectorText(profile) }));
  const size = ({ selector }: BootProfile) => Object.keys(selector).length;
  keyed.sort((a, b) => size(b.profile) - size(a.profile) || (a.text < b.text ? 1 : a.text > b.text ? -1 : 0));
  return keyed.map(({ profile }) => profile);
}

/**
 * The first profile whose labels the machine has, all of them. What asks later than its firmware knows the name of its
 * profile, and not what the firmware said: a profile that is named is taken, where the cluster file does not speak
 * against it.
 */
export function findProfile(
  plan: BootPlan,
  machine: BootMachine,
  facts: FirmwareFacts,
): BootProfile | undefined {
  const name = facts.said.get('profile');
  const named = name === undefined ? undefined : plan.profiles.find((profile) => profile.name === name);
  const mayBe = (profile: BootProfile) =>
    conditionsOf(profile).every(
      ([key, value]) => isFirmwareLabel.has(key) || labelOf(key, machine, facts) === value,
    );
  if (named !== undefined && mayBe(named)) return named;
  return plan.profiles.find((profile) =>
    conditionsOf(profile).every(([key, value]) => labelOf(key, machine, facts) === value),
  );
}

/** Why a profile does not fit: each label that the machine lacks or has otherwise, in words. Empty: it fits. */
export function explainProfile(
  profile: BootProfile,
  machine: BootMachine | undefined,
  facts: FirmwareFacts,
): readonly string[] {
  return conditionsOf(profile).flatMap(([key, value]) => {
    const has = labelOf(key, machine, facts);
    if (has === value) return [];
    return [
      has === undefined ? `no ${key} is known, ${value} is asked for` : `${key} is ${has}, not ${value}`,
    ];
  });
}

const isFirmwareLabel: ReadonlySet<string> = new Set(firmwareLabels);

/** What firmware says comes from it, or from the machine's marks; all else from the cluster file, which no caller can change. */
function labelOf(
  key: string,
  machine: BootMachine | undefined,
  { marks, said }: FirmwareFacts,
): string | undefined {
  if (key === 'mac' || key === 'uuid' || key === 'serial') {
    const own = marks[key] ?? machine?.marks[key];
    return own === undefined ? undefined : normaliseLabel(key, own);
  }
  if (isFirmwareLabel.has(key)) {
    const value = said.get(key);
    return value === undefined || value === '' ? undefined : normaliseLabel(key, value);
  }
  if (machine === undefined) return undefined;
  if (key === 'name') return machine.name;
  if (key === 'role') return machine.role;
  return Object.hasOwn(machine.metadata, key) ? machine.metadata[key]?.trim() : undefined;
}

type Condition = readonly [key: string, value: string];

// No state of its own: profiles never change.
const conditions = new WeakMap<BootProfile, readonly Condition[]>();

function conditionsOf(profile: BootProfile): readonly Condition[] {
  const known = conditions.get(profile);
  if (known !== undefined) return known;
  const made = Object.entries(profile.selector).map(
    ([key, value]): Condition => [key, normaliseLabel(key, value)],
  );
  conditions.set(profile, made);
  return made;
}

function selectorText({ selector }: BootProfile): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}
