// SPDX-License-Identifier: Apache-2.0

import { convertUserData, parseUserData, substitute } from '../cloudconfig/index.js';
import type { MachineMarks } from '../model/index.js';
import { fail } from './errors.js';
import { renderBoot, renderChain, renderUnknown } from './formats/ipxe.js';
import { kernelArguments } from './kernel-arguments.js';
import { findMachine } from './match.js';
import type { BootMachine, BootPlan } from './plan.js';

/** What a booting machine asks for. */
export type BootRequest =
  /** The first script, the same for all. */
  | { readonly kind: 'chain' }
  /** The machine's own script. */
  | { readonly kind: 'script'; readonly marks: MachineMarks }
  | { readonly kind: 'user-data'; readonly marks: MachineMarks }
  /** The same as an Ignition config. */
  | { readonly kind: 'ignition'; readonly marks: MachineMarks };

export type BootResponse =
  | { readonly kind: 'chain'; readonly text: string }
  | { readonly kind: 'script'; readonly machine: string; readonly text: string }
  | { readonly kind: 'user-data' | 'ignition'; readonly machine: string; readonly text: string }
  /** Nobody has these marks; the script waits and asks again. */
  | { readonly kind: 'wait'; readonly text: string }
  /** Nobody has these marks, and there is nothing to wait with. */
  | { readonly kind: 'miss' };

const emptyUserData = '#cloud-config\n';

/**
 * Answers one request of a booting machine. Every answer is open to whoever asks, since firmware has nothing
 * to prove itself with: user-data is served as it is, so that a secret does not belong there.
 *
 * @throws `boot/unfit-word` when a profile cannot be said in iPXE; `boot/unfit-user-data` when Ignition cannot say
 * everything that the user-data asks for
 */
export function answerBoot(request: BootRequest, plan: BootPlan): BootResponse {
  if (request.kind === 'chain') return { kind: 'chain', text: renderChain(plan.controlUrl) };
  const machine = findMachine(plan, request.marks);
  if (machine !== undefined) return answerMachine(request.kind, machine, plan);
  if (request.kind === 'script') return { kind: 'wait', text: renderUnknown(plan.controlUrl) };
  return { kind: 'miss' };
}

function answerMachine(
  kind: Exclude<BootRequest['kind'], 'chain'>,
  machine: BootMachine,
  plan: BootPlan,
): BootResponse {
  if (kind === 'ignition') return { kind, machine: machine.name, text: renderIgnition(machine) };
  if (kind === 'user-data') {
    const text = substitute(machine.userData ?? emptyUserData, machine.facts);
    return { kind, machine: machine.name, text };
  }
  const { kernel, initrds } = machine.profile;
  const boot = { machine: machine.name, kernel, initrds, args: kernelArguments(machine, plan) };
  return { kind, machine: machine.name, text: renderBoot(boot, plan.controlUrl) };
}

type Made = { readonly text: string } | { readonly why: string };

/** By machine of a plan, which never changes: a conversion takes a while, and anybody may ask for it at any time. */
const conversions = new WeakMap<BootMachine, Made>();

/** A machine that lacks a part of its configuration is worse than one that waits. */
function renderIgnition(machine: BootMachine): string {
  const made = conversions.get(machine) ?? makeIgnition(machine);
  conversions.set(machine, made);
  if ('text' in made) return made.text;
  throw fail('boot/unfit-user-data', { machine: machine.name, why: made.why });
}

/** An Ignition config goes as it is. */
function makeIgnition({ facts, profile, userData = '' }: BootMachine): Made {
  const filled = substitute(userData, facts);
  if (parseUserData(filled).kind === 'ignition') return { text: filled };
  const variant = profile.reads === 'fcos' ? 'fcos' : 'flatcar';
  const made = convertUserData(userData, { to: 'ignition', variant, facts });
  const lost = made.issues.find(({ severity }) => severity === 'error');
  if (made.kind === 'ok' && lost === undefined) return { text: made.text };
  return { why: lost === undefined ? 'it cannot be read' : `line ${lost.line}: ${lost.message}` };
}
