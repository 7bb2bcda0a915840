// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Files } from '../../effects/index.js';
import { crc32c } from '../../etcd/index.js';

/** What a data dir of etcd holds. */
export type DataDir =
  /** Not there, or only empty folders. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'data'; readonly memberId: string; readonly clusterId: string }
  /** Files, but no write-ahead log: of an etcd that ended before it was a member, or of something else. */
  | { readonly kind: 'half-made'; readonly file: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Where the runner keeps its own things, within the data dir, so that moving them is one step on any disk. */
export const ownFolder = '.muster';

/** The metadata record comes second in each segment and is some 40 bytes long. */
const headBytes = 4096;

/** Reads nothing but the head of the oldest segment of the log. */
export async function inspectDataDir(files: Files, dataDir: string): Promise<DataDir> {
  try {
    const walFolder = join(dataDir, 'member', 'wal');
    const segment = (await files.list(walFolder))?.find((name) => name.endsWith('.wal'));
    if (segment === undefined) {
      const file = await findFile(files, dataDir, ownFolder);
      return file === undefined ? { kind: 'empty' } : { kind: 'half-made', file };
    }
    const head = await files.readPart(join(walFolder, segment), 0, headBytes);
    return decodeWalHead(head ?? new Uint8Array());
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function findFile(files: Files, folder: string, except?: string): Promise<string | undefined> {
  for (const name of (await files.list(folder)) ?? []) {
    const path = join(folder, name);
    if (name === except) continue;
    const found = (await files.stat(path))?.kind === 'directory' ? await findFile(files, path) : path;
    if (found !== undefined) return found;
  }
  return undefined;
}

const recordTypes = { metadata: 1, crc: 4 } as const;

interface WalRecord {
  readonly type: number;
  readonly crc: number;
  readonly data: Uint8Array;
}

/**
 * The IDs in the first bytes of a segment: frames of a little-endian length, whose upper byte tells the padding, and
 * a record; first the checksum carried over from the segment before, then the metadata.
 * Source: etcd-io/etcd 3.4 to 3.6, server/storage/wal/{encoder,decoder}.go, walpb/record.proto
 */
export function decodeWalHead(head: Uint8Array): DataDir {
  const unreadable = (reason: string): DataDir => ({
    kind: 'unreadable',
    reason: `the write-ahead log begins with ${reason}`,
  });
  try {
    const carried = decodeFrame(head, 0);
    if (carried?.record.type !== recordTypes.crc) return unreadable('no checksum');
    const metadata = decodeFrame(head, carried.end);
    if (metadata?.record.type !== recordTypes.metadata) return unreadable('no metadata');
    const { data, crc } = metadata.record;
    if (crc32c(data, carried.record.crc) !== crc) return unreadable('metadata of a wrong checksum');
    const ids = decodeFields(data);
    const [nodeId, clusterId] = [ids.get(1), ids.get(2)];
    if (typeof nodeId !== 'bigint' || typeof clusterId !== 'bigint')
      return unreadable('metadata without IDs');
    return { kind: 'data', memberId: nodeId.toString(16), clusterId: clusterId.toString(16) };
  } catch {
    return unreadable('bytes that are none of its records');
  }
}

function decodeFrame(
  head: Uint8Array,
  start: number,
): { readonly record: WalRecord; readonly end: number } | undefined {
  if (head.length < start + 8) return undefined;
  const length = new DataView(head.buffer, head.byteOffset + start, 8).getBigInt64(0, true);
  const sizeBytes = Number(BigInt.asUintN(56, length));
  const padBytes = length < 0n ? Number((length >> 56n) & 7n) : 0;
  const body = start + 8;
  if (sizeBytes === 0 || head.length < body + sizeBytes + padBytes) return undefined;
  const fields = decodeFields(head.subarray(body, body + sizeBytes));
  const [type, crc, data] = [fields.get(1), fields.get(2), fields.get(3)];
  return {
    record: {
      type: typeof type === 'bigint' ? Number(type) : 0,
      crc: typeof crc === 'bigint' ? Number(crc) : 0,
      data: data instanceof Uint8Array ? data : new Uint8Array(),
    },
    end: body + sizeBytes + padBytes,
  };
}

/** Numbers and bytes by field number: all that these two messages are made of. */
function decodeFields(bytes: Uint8Array): ReadonlyMap<number, bigint | Uint8Array> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, bigint | Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === 0) fields.set(field, BigInt(reader.uint64()));
    else if (wireType === 2) fields.set(field, reader.bytes());
    else reader.skip(wireType, field);
  }
  return fields;
}
