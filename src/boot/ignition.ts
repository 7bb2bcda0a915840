// SPDX-License-Identifier: Apache-2.0

import { convertUserData, parseUserData, substitute } from '../cloudconfig/index.js';
import { fail } from './errors.js';
import type { BootMachine, BootProfile } from './plan.js';

type Made = { readonly text: string } | { readonly why: string };

/** By machine of a plan and profile, which never change: a conversion takes a while, and anybody may ask for it at any time. */
const conversions = new WeakMap<BootMachine, Map<string, Made>>();

/**
 * The user-data of a machine as Ignition. A machine that lacks a part of its configuration is worse than one that
 * waits: @throws `boot/unfit-user-data`, each time, for what cannot be said as a whole.
 */
export function renderIgnition(
  machine: BootMachine,
  profile: BootProfile,
  userData: string | undefined,
): string {
  const known = conversions.get(machine) ?? new Map<string, Made>();
  conversions.set(machine, known);
  const made = known.get(profile.name) ?? makeIgnition(machine, profile, userData);
  known.set(profile.name, made);
  if ('text' in made) return made.text;
  throw fail('boot/unfit-user-data', { machine: machine.name, why: made.why });
}

/** An Ignition config goes as it is. */
function makeIgnition({ facts }: BootMachine, { reads }: BootProfile, userData = ''): Made {
  const filled = substitute(userData, facts);
  if (parseUserData(filled).kind === 'ignition') return { text: filled };
  const variant = reads === 'fcos' ? 'fcos' : 'flatcar';
  const made = convertUserData(userData, { to: 'ignition', variant, facts });
  const lost = made.issues.find(({ severity }) => severity === 'error');
  if (made.kind === 'ok' && lost === undefined) return { text: made.text };
  return { why: lost === undefined ? 'it cannot be read' : `line ${lost.line}: ${lost.message}` };
}
