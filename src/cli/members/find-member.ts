// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import { fail } from '../errors.js';
import { idText } from './cluster-view.js';

/**
 * The one member that an operator means by its ID (hex), name or peer URL. `0x` before it makes it an ID.
 *
 * @throws `cli/unknown-member`, `cli/ambiguous-member`
 */
export function findMember(members: readonly MemberRecord[], text: string): MemberRecord {
  const id = idOf(text);
  const found = members.filter((one) => one.id === id || one.name === text || one.peerUrls.includes(text));
  const [first] = found;
  if (first === undefined) throw fail('cli/unknown-member', { text, known: members.map(say).join(', ') });
  if (found.length > 1) {
    throw fail('cli/ambiguous-member', { text, count: found.length, known: found.map(say).join(', ') });
  }
  return first;
}

/** Leading zeros, which other programs write, change nothing. */
function idOf(text: string): bigint | undefined {
  const [, digits] = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text) ?? [];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

function say({ id, name, peerUrls }: MemberRecord): string {
  return `0x${idText(id)} (${name === '' ? `unstarted, ${peerUrls.join(',')}` : name})`;
}
