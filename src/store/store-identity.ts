// SPDX-License-Identifier: Apache-2.0

import type { Random } from '../effects/index.js';
import { type MemberId, memberId } from '../model/index.js';
import type { Backend } from './backend.js';
import { metaKey } from './record.js';
import { sealed, unsealed } from './record-checksum.js';

/** Minted once, when the store is made, and never changed. */
export interface MintedIds {
  readonly clusterId: bigint;
  readonly memberId: MemberId;
}

const formatKey = metaKey('format');
export const clusterKey = metaKey('cluster');
export const memberKey = metaKey('member');
/** Of the records' layout; another one is not read. */
const format = 'muster-store-2';

/**
 * The ids of the store in this backend; an empty backend becomes a store. Throws a plain `Error` when something
 * else is in it, or a store of a later version.
 */
export async function openIdentity(backend: Backend, random: Random): Promise<MintedIds> {
  const found = backend.get(formatKey);
  if (found === undefined) {
    if (!isEmpty(backend)) throw new Error('it was written by another program');
    return mint(backend, random);
  }
  const bytes = Buffer.from(found).toString('latin1');
  const text = /^muster-store-\d+$/.test(bytes) ? bytes : Buffer.from(unsealed(found)).toString('latin1');
  if (text !== format) throw new Error(`its format is "${text}", this version of muster reads "${format}"`);
  return { clusterId: readId(backend, clusterKey), memberId: memberId(readId(backend, memberKey)) };
}

async function mint(backend: Backend, random: Random): Promise<MintedIds> {
  const cluster = random.bytes(8);
  const member = random.bytes(8);
  await backend.commit([
    { kind: 'put', key: formatKey, value: sealed(Buffer.from(format, 'latin1')) },
    { kind: 'put', key: clusterKey, value: sealed(cluster) },
    { kind: 'put', key: memberKey, value: sealed(member) },
  ]);
  return { clusterId: idOf(cluster), memberId: memberId(idOf(member)) };
}

function isEmpty(backend: Backend): boolean {
  const found = { isEmpty: true };
  backend.scan(Uint8Array.of(0), Uint8Array.of(255), () => {
    found.isEmpty = false;
    return false;
  });
  return found.isEmpty;
}

function readId(backend: Backend, key: Uint8Array): bigint {
  const bytes = backend.get(key);
  const id = bytes === undefined ? undefined : unsealed(bytes);
  if (id?.length !== 8) throw new Error('its ids are missing');
  return idOf(id);
}

function idOf(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0);
}
