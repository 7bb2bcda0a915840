// SPDX-License-Identifier: Apache-2.0

import { type MachineFacts, machineId } from '../model/index.js';

/** The original's names match wherever they stand, as they did there; muster's own end where the word ends. */
const variable = /\\?\$(?:(private|public)_(ipv4|ipv6)|muster_(name|hostname|machine_id)(?![A-Za-z0-9_]))/g;

/**
 * Replaces `$private_ipv4`, `$public_ipv4`, `$private_ipv6`, `$public_ipv6`, and muster's own `$muster_name`,
 * `$muster_hostname` and `$muster_machine_id`, in user-data of any kind, wherever they stand. A backslash before a
 * variable keeps it and goes away; a fact that is not known leaves nothing.
 *
 * Source: coreos-cloudinit f1f0405, initialize/env.go; unlike there, of variables side by side each is replaced.
 */
export function substitute(text: string, facts: MachineFacts): string {
  return text.replace(variable, (found, scope?: string, family?: string, own?: string) => {
    if (found.startsWith('\\')) return found.slice(1);
    if (own !== undefined) return ownFact(own, facts);
    if (scope === 'private') return family === 'ipv4' ? facts.privateIpv4 : facts.privateIpv6;
    return family === 'ipv4' ? facts.publicIpv4 : facts.publicIpv6;
  });
}

function ownFact(name: string, facts: MachineFacts): string {
  if (name === 'machine_id') return facts.machineId;
  return name === 'name' ? facts.name : facts.hostname;
}

const samples: MachineFacts = {
  machineId: machineId('0'.repeat(32)),
  name: 'core-01',
  hostname: 'core-01.example.org',
  privateIpv4: '10.0.0.1',
  publicIpv4: '192.0.2.1',
  privateIpv6: 'fd00::1',
  publicIpv6: '2001:db8::1',
};

/** The text as it may look on a machine, so that what holds variables can be checked before they are known. */
export function substituteSamples(text: string): string {
  return text.includes('$') ? substitute(text, samples) : text;
}

/** Where variables stand in a text, in order; those that a backslash keeps, too. */
export function findVariables(text: string): readonly { readonly name: string; readonly offset: number }[] {
  return [...text.matchAll(variable)].map(({ 0: name, index }) => ({ name, offset: index }));
}

/** The first `<PLACE>` that someone was to fill in. */
export function findPlaceholder(text: string): string | undefined {
  return /<[^<>\s][^<>]*>/.exec(text)?.[0];
}
