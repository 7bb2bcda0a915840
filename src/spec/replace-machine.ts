// SPDX-License-Identifier: Apache-2.0

import { isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { findMac } from './text-format.js';

export type ReplaceResult =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'bad'; readonly problem: string; readonly hint: string };

/**
 * The cluster file with a member's place given to another machine: to a spare one of the file, with which it changes roles,
 * or to new hardware under the old name, known by its MAC. Comments and all else stay. Pure.
 *
 * @param text a cluster file that parses
 * @param by a machine's name, or a MAC address
 */
export function replaceMachine(text: string, name: string, by: string): ReplaceResult {
  const document = parseDocument(text);
  const list = document.get('machines');
  if (!isSeq(list)) {
    return {
      kind: 'bad',
      problem: 'the cluster file has no list of machines',
      hint: 'write `machines:` as a list with names first',
    };
  }
  const find = (wanted: string) => list.items.filter(isMap).find((item) => item.get('name') === wanted);
  const old = find(name);
  if (old === undefined) return unknown(name);
  const mac = findMac(by);
  if (mac !== undefined) {
    old.set('mac', mac);
    for (const mark of ['uuid', 'serial']) old.delete(mark);
    return { kind: 'ok', text: document.toString() };
  }
  const spare = find(by);
  if (spare === undefined) return unknown(by);
  if (roleOf(old) !== 'member' || roleOf(spare) !== 'proxy') {
    return {
      kind: 'bad',
      problem: `"${name}" is a ${roleOf(old)} and "${by}" a ${roleOf(spare)}`,
      hint: 'name a member, and a machine of role proxy that takes its place',
    };
  }
  old.set('role', 'proxy');
  spare.set('role', 'member');
  return { kind: 'ok', text: document.toString() };
}

function roleOf(machine: YAMLMap): string {
  return String(machine.get('role') ?? 'member');
}

function unknown(name: string): ReplaceResult {
  return {
    kind: 'bad',
    problem: `the cluster file has no machine "${name}"`,
    hint: 'take a name from `muster machines`',
  };
}
