// SPDX-License-Identifier: Apache-2.0

import { createHash, type Hash } from 'node:crypto';
import type { Backend, BackendView } from './backend.js';
import { encodeRecordKey } from './record.js';
import { slicesOf } from './view-slices.js';

/**
 * 32 bits of the SHA-256 over all entries, lengths included, in key order. etcd's own hash is a CRC over the bytes
 * of its files and cannot be met; what holds as there: the same history gives the same hash.
 */
export async function hashOfAll(backend: Backend, view: BackendView): Promise<number> {
  const hash = createHash('sha256');
  for await (const slice of slicesOf(backend, view)) {
    for (const { key, value } of slice) addEntry(hash, key, value);
  }
  return firstBits(hash);
}

/** As `hashOfAll`, of the kept writes of keys up to and with `revision`. */
export async function hashOfRecords(backend: Backend, view: BackendView, revision: number): Promise<number> {
  const hash = createHash('sha256');
  const slices = slicesOf(backend, view, encodeRecordKey(0, 0), encodeRecordKey(revision + 1, 0));
  for await (const slice of slices) {
    for (const { key, value } of slice) {
      addEntry(hash, key, value);
    }
  }
  return firstBits(hash);
}

function addEntry(hash: Hash, key: Uint8Array, value: Uint8Array): void {
  const lengths = Buffer.allocUnsafe(8);
  lengths.writeUInt32BE(key.length, 0);
  lengths.writeUInt32BE(value.length, 4);
  hash.update(lengths).update(key).update(value);
}

function firstBits(hash: Hash): number {
  return hash.digest().readUInt32BE(0);
}
