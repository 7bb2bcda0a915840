// SPDX-License-Identifier: Apache-2.0

import { parseUserData, substitute } from '../cloudconfig/index.js';
import { fail } from './errors.js';
import type { FirmwareFacts } from './firmware-facts.js';
import { renderAway, renderBoot, renderChain, renderUnknown } from './formats/ipxe.js';
import { renderMetadata } from './formats/metadata.js';
import { renderIgnition } from './ignition.js';
import { kernelArguments } from './kernel-arguments.js';
import { findMachine } from './match.js';
import type { BootAsset, BootMachine, BootPlan, BootProfile } from './plan.js';
import { findProfile } from './profiles.js';

/** What a booting machine asks for beyond the first script; `cloud`, `generic` and `metadata` as in matchbox. */
export const machineRequests = ['script', 'user-data', 'ignition', 'cloud', 'generic', 'metadata'] as const;
type MachineRequest = (typeof machineRequests)[number];

/** What a booting machine asks for. */
export type BootRequest =
  /** The first script, the same for all. */
  | { readonly kind: 'chain' }
  /** Something of its own. */
  | { readonly kind: MachineRequest; readonly facts: FirmwareFacts };

export type BootResponse =
  | { readonly kind: 'chain'; readonly text: string }
  | {
      readonly kind: MachineRequest;
      readonly machine: string;
      readonly profile: string;
      readonly text: string;
    }
  /** The machine is known, and has nothing to boot yet; the script waits and asks again. */
  | { readonly kind: 'away'; readonly machine: string; readonly text: string; readonly why: string }
  /** Nobody has these marks; the script waits and asks again. */
  | { readonly kind: 'wait'; readonly text: string }
  /** Nobody has these marks, and there is nothing to wait with. */
  | { readonly kind: 'miss' };

const emptyUserData = '#cloud-config\n';

/**
 * Answers one request of a booting machine. Every answer is open to whoever asks, since firmware has nothing
 * to prove itself with: user-data is served as it is, so that a secret does not belong there.
 *
 * Cost: two look-ups, and rendering.
 *
 * @throws `boot/unfit-word` when a profile cannot be said in iPXE; `boot/unfit-user-data` when Ignition cannot say
 * everything that the user-data asks for; `boot/no-user-data`, `boot/no-profile`
 */
export function answerBoot(request: BootRequest, plan: BootPlan): BootResponse {
  if (request.kind === 'chain') return { kind: 'chain', text: renderChain(plan.controlUrl) };
  const { kind, facts } = request;
  const machine = findMachine(plan, facts.marks);
  if (machine !== undefined) return answerMachine(kind, machine, facts, plan);
  if (kind === 'script') return { kind: 'wait', text: renderUnknown(plan.controlUrl) };
  return { kind: 'miss' };
}

function answerMachine(
  kind: MachineRequest,
  machine: BootMachine,
  facts: FirmwareFacts,
  plan: BootPlan,
): BootResponse {
  const profile = findProfile(plan, machine, facts);
  if (profile === undefined) {
    if (kind !== 'script') throw fail('boot/no-profile', { machine: machine.name });
    return awayResponse(machine, 'no profile fits it, see muster boot why', plan);
  }
  if (kind === 'script' && profile.image.kind === 'away')
    return awayResponse(machine, profile.image.why, plan);
  if (kind === 'metadata') {
    const text = renderMetadata(machine, profile, facts);
    return { kind, machine: machine.name, profile: profile.name, text };
  }
  const text = renderAnswer(kind, machine, profile, plan);
  return { kind, machine: machine.name, profile: profile.name, text };
}

function awayResponse(machine: BootMachine, why: string, plan: BootPlan): BootResponse {
  return { kind: 'away', machine: machine.name, why, text: renderAway(machine.name, why, plan.controlUrl) };
}

function renderAnswer(
  kind: Exclude<MachineRequest, 'metadata'>,
  machine: BootMachine,
  profile: BootProfile,
  plan: BootPlan,
): string {
  const userData = machine.profileUserData.get(profile.name) ?? machine.userData;
  switch (kind) {
    case 'ignition':
      return renderIgnition(machine, profile, userData);
    case 'user-data':
    case 'generic':
      return substitute(userData ?? emptyUserData, machine.facts);
    case 'cloud': {
      const text = substitute(userData ?? emptyUserData, machine.facts);
      const what = parseUserData(text).kind;
      if (what === 'ignition') throw fail('boot/no-user-data', { machine: machine.name, what: 'Ignition' });
      return text;
    }
    case 'script':
      return renderBoot(scriptOf(machine, profile, plan), plan.controlUrl);
    default:
      return kind satisfies never;
  }
}

function scriptOf(machine: BootMachine, profile: BootProfile, plan: BootPlan) {
  const args = kernelArguments(machine, profile, plan);
  const { image } = profile;
  if (image.kind !== 'ready') return { machine: machine.name, kernel: 'muster-agent', initrds: [], args };
  const urlOf = ({ sha256 }: BootAsset, name: string) =>
    `${plan.controlUrl}/assets/${sha256}/${name}?for=${encodeURIComponent(machine.name)}`;
  return {
    machine: machine.name,
    kernel: urlOf(image.kernel, 'kernel'),
    initrds: image.initrds.map((asset, index) =>
      urlOf(asset, index === 0 ? 'initrd' : `initrd-${index + 1}`),
    ),
    args,
  };
}
