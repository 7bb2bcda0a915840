// SPDX-License-Identifier: Apache-2.0

import { type Issue, type MachineFacts, machineId } from '../../model/index.js';
import type { DataProblem } from '../../spec/index.js';
import type { Action } from '../action.js';
import type { CloudConfig } from '../cloud-config.js';
import { planActions } from '../plan-actions.js';
import { findVariables } from '../substitute.js';
import { fillUnit, fillVariables, findEarlyVariables } from './fill-variables.js';
import type { IgnitionVariant } from './piece.js';
import type { IgnitionConfig } from './schema.js';
import { toIgnition } from './to-ignition.js';

export interface MadeIgnition {
  readonly config: IgnitionConfig;
  /** Paths are those of the cloud-config. */
  readonly problems: readonly DataProblem[];
  /** What has its place in the text already. */
  readonly issues: readonly Issue[];
}

export interface IgnitionOptions {
  readonly variant: IgnitionVariant;
  readonly facts?: MachineFacts;
}

/** Facts that nobody knows yet: variables stand for them. */
const unknownFacts: MachineFacts = {
  machineId: machineId('0'.repeat(32)),
  name: '$muster_name',
  hostname: '$muster_hostname',
  privateIpv4: '$private_ipv4',
  publicIpv4: '$public_ipv4',
  privateIpv6: '$private_ipv6',
  publicIpv6: '$public_ipv6',
};

/**
 * A cloud-config as an Ignition config, for one machine or for any. `text` is the cloud-config as written.
 *
 * For any machine, its name is left to the network, and /etc/environment is written where something reads it.
 */
export function ignitionOf(
  config: CloudConfig,
  text: string,
  { variant, facts }: IgnitionOptions,
): MadeIgnition {
  const planned = planActions(config, facts ?? unknownFacts);
  const actions = facts === undefined ? planned.filter((action) => isForAny(action, text)) : planned;
  const made = toIgnition(actions, variant);
  if (facts !== undefined) return { ...made, issues: [] };
  const filled = fillVariables(made.config);
  const isFilled = (filled.systemd?.units ?? []).some(({ name }) => name === fillUnit);
  return {
    config: filled,
    problems: [...made.problems, ...findEarlyVariables(made.config)],
    issues: isFilled ? tellVariables(text) : [],
  };
}

function isForAny(action: Action, text: string): boolean {
  if (action.reason === 'facts.hostname') return false;
  return (
    action.reason !== 'facts.addresses' ||
    /\/etc\/environment\b|\bCOREOS_(PRIVATE|PUBLIC)_IPV[46]\b/.test(text)
  );
}

/** Each variable at its first place. */
function tellVariables(text: string): readonly Issue[] {
  const seen = new Set(['']);
  const first = findVariables(text).filter(
    ({ name }) => !name.startsWith('\\') && !seen.has(name) && seen.add(name),
  );
  return first.map(({ name, offset }) => {
    const before = text.slice(0, offset).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const message = `Ignition fills nothing in for ${name}`;
    const hint = `${fillUnit} does, at each boot: from the platform's metadata or the default route; --machine fills it in now`;
    return { severity: 'warning', path: '', ...place, message, hint };
  });
}
