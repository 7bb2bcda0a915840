// SPDX-License-Identifier: Apache-2.0

import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { isMusterError } from '../model/index.js';
import { fail } from './errors.js';
import { decodeHead, entryHeadBytes, headBytes, paddingBytes, sumBytes } from './snapshot-format.js';
import type { Entry } from './view-slices.js';

/** What a snapshot is, once all of it was read and its sum was right. */
export interface SnapshotFacts {
  readonly revision: number;
  readonly entryCount: number;
  readonly sizeBytes: number;
  /** SHA-256 of its content, hex. */
  readonly sha256: string;
}

// Far above what a request may hold; a damaged length must not fill the memory.
const largestEntryBytes = 256 * 1024 * 1024;

/**
 * Reads a snapshot file once, giving each entry to `take` on the way. What was taken is of use only when it
 * returns: the sum is at the end.
 *
 * @throws `store/snapshot-invalid`, and what `take` throws
 */
export async function readSnapshot(
  pieces: AsyncIterable<Uint8Array>,
  take: (entry: Entry) => Promise<void>,
): Promise<SnapshotFacts> {
  const reader = byteReader(pieces);
  try {
    const head = await sound(async () => decodeHead(await reader.read(headBytes)));
    const left = { bytes: head.entryBytes };
    for (let n = 0; n < head.entryCount; n += 1) await take(await sound(() => readEntry(reader, left)));
    return await sound(async () => {
      if (left.bytes !== 0) throw new Error('its entries are not as long as it says');
      const used = headBytes + head.entryBytes;
      await reader.read(paddingBytes(used));
      const sha256 = reader.sum().digest('hex');
      const wanted = (await reader.read(sumBytes)).toString('hex');
      if (sha256 !== wanted) throw new Error('its checksum does not match its content');
      if (!(await reader.isAtEnd())) throw new Error('something follows its checksum');
      const sizeBytes = used + paddingBytes(used) + sumBytes;
      return { revision: head.revision, entryCount: head.entryCount, sizeBytes, sha256 };
    });
  } finally {
    await reader.close();
  }
}

/**
 * Whether a snapshot file is whole. Cost: reads it once.
 *
 * @throws `store/snapshot-invalid`
 */
export function verifySnapshot(pieces: AsyncIterable<Uint8Array>): Promise<SnapshotFacts> {
  return readSnapshot(pieces, async () => {});
}

async function sound<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isMusterError(error) || isOfSystem(error)) throw error;
    throw fail('store/snapshot-invalid', { reason: String(error instanceof Error ? error.message : error) });
  }
}

/** The file could not be read: no such file, no right to. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

async function readEntry(reader: ByteReader, left: { bytes: number }): Promise<Entry> {
  const head = await reader.read(entryHeadBytes);
  const keyLength = head.readUInt32BE(0);
  const length = keyLength + head.readUInt32BE(4);
  left.bytes -= entryHeadBytes + length;
  if (left.bytes < 0 || length > largestEntryBytes) throw new Error('an entry is longer than all of it');
  const bytes = await reader.read(length);
  return { key: bytes.subarray(0, keyLength), value: bytes.subarray(keyLength) };
}

interface ByteReader {
  /** Throws a plain `Error` when there are not so many. */
  read(length: number): Promise<Buffer>;
  isAtEnd(): Promise<boolean>;
  /** Of all that was read by now. */
  sum(): Hash;
  close(): Promise<void>;
}

function byteReader(pieces: AsyncIterable<Uint8Array>): ByteReader {
  const source = pieces[Symbol.asyncIterator]();
  const own: { waiting: Buffer[]; bytes: number } = { waiting: [], bytes: 0 };
  const hash = createHash('sha256');
  const fillUp = async (length: number): Promise<boolean> => {
    while (own.bytes < length) {
      const next = await source.next();
      if (next.done === true) return false;
      own.waiting.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      own.bytes += next.value.length;
    }
    return true;
  };
  return {
    async read(length) {
      if (!(await fillUp(length))) throw new Error('it ends too early');
      const first = own.waiting[0];
      const all = first !== undefined && first.length >= length ? first : Buffer.concat(own.waiting);
      const rest = all === first ? own.waiting.slice(1) : [];
      own.waiting = all.length > length ? [all.subarray(length), ...rest] : rest;
      own.bytes -= length;
      const taken = all.subarray(0, length);
      hash.update(taken);
      return taken;
    },
    isAtEnd: async () => !(await fillUp(1)),
    sum: () => hash.copy(),
    async close() {
      await source.return?.();
    },
  };
}
