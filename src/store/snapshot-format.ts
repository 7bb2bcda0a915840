// SPDX-License-Identifier: Apache-2.0

import { Buffer } from 'node:buffer';
import type { Entry } from './view-slices.js';

/**
 * A snapshot of the store as a file, all numbers big-endian:
 *
 *     "muster-snapshot\n"                16 bytes
 *     version of the format: 4           1
 *     nothing: 4                         0
 *     revision of the store: 8
 *     number of entries: 8
 *     bytes of all entries: 8
 *     entries, in key order              key length 4, value length 4, key, value
 *     zeros up to a multiple of 512
 *     SHA-256 of all that is before it   32 bytes
 *
 * An entry is one of the backend, laid out as `record.ts` has it. The padding lets stock `etcdctl snapshot save`
 * recognise the sum at the end; the service that streams a snapshot appends the sum.
 */
export interface SnapshotHead {
  readonly revision: number;
  readonly entryCount: number;
  readonly entryBytes: number;
}

export const headBytes = 48;
export const entryHeadBytes = 8;
export const sumBytes = 32;
const magic = 'muster-snapshot\n';
const version = 1;
const blockBytes = 512;

export function encodeHead(head: SnapshotHead): Uint8Array {
  const bytes = Buffer.alloc(headBytes);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32BE(version, 16);
  bytes.writeBigUInt64BE(BigInt(head.revision), 24);
  bytes.writeBigUInt64BE(BigInt(head.entryCount), 32);
  bytes.writeBigUInt64BE(BigInt(head.entryBytes), 40);
  return bytes;
}

/** Throws a plain `Error` that says what is wrong. */
export function decodeHead(bytes: Buffer): SnapshotHead {
  if (bytes.length < headBytes || bytes.toString('latin1', 0, 16) !== magic) {
    throw new Error('it does not begin as one');
  }
  const found = bytes.readUInt32BE(16);
  if (found !== version) throw new Error(`its format is ${found}, this version of muster reads ${version}`);
  return { revision: numberAt(bytes, 24), entryCount: numberAt(bytes, 32), entryBytes: numberAt(bytes, 40) };
}

export function entrySize({ key, value }: Entry): number {
  return entryHeadBytes + key.length + value.length;
}

export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap(({ key, value }) => {
      const head = Buffer.allocUnsafe(entryHeadBytes);
      head.writeUInt32BE(key.length, 0);
      head.writeUInt32BE(value.length, 4);
      return [head, key, value];
    }),
  );
}

/** Zeros behind so many bytes. */
export function paddingBytes(sizeBytes: number): number {
  return (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
}

function numberAt(bytes: Buffer, at: number): number {
  const found = Number(bytes.readBigUInt64BE(at));
  if (!Number.isSafeInteger(found)) throw new Error('a number above 2^53');
  return found;
}
