// SPDX-License-Identifier: Apache-2.0

import { encodeHead, headBytes, pageBytes, pageKinds } from './page.js';

/**
 * What the first two pages tell, behind the head of a page, all numbers little-endian:
 *
 *     0xED0CDAED 4, version 2: 4, page size 4, flags 4
 *     root page 8, sequence 8, free-list page 8, number of pages 8, transaction 8
 *     FNV-1a of 64 bits over all that is before it 8
 *
 * The one with the higher transaction counts. Source: etcd-io/bbolt db.go (1.3)
 */
export interface MetaPage {
  readonly pageBytes: number;
  readonly rootPage: number;
  readonly freelistPage: number;
  /** The pages from 0 to this one, without it, are the database; the file may be longer. */
  readonly pageCount: number;
  readonly transaction: number;
}

/** Of a page from its first byte on: head and meta. */
export const metaBytes = headBytes + 64;
const magic = 0xed0cdaed;
const version = 2;
const sumAt = 56;
/** In place of its page: the list of free pages is not stored, as etcd has it. */
const noFreelist = 0xffff_ffff_ffff_ffffn;

/** Page 0 or 1. */
export function encodeMeta(id: 0 | 1, meta: MetaPage): Buffer {
  const page = encodeHead(id, pageKinds.meta, 0, pageBytes);
  const bytes = page.subarray(headBytes);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(version, 4);
  bytes.writeUInt32LE(meta.pageBytes, 8);
  for (const [at, value] of [
    [16, meta.rootPage],
    [32, meta.freelistPage],
    [40, meta.pageCount],
    [48, meta.transaction],
  ] as const) {
    bytes.writeBigUInt64LE(BigInt(value), at);
  }
  bytes.writeBigUInt64LE(fnv1a(bytes.subarray(0, sumAt)), sumAt);
  return page;
}

/** From the first `metaBytes` of a page; `undefined` when it is no sound meta page. */
export function findMeta(page: Buffer): MetaPage | undefined {
  const bytes = page.subarray(headBytes);
  if (bytes.readUInt32LE(0) !== magic || bytes.readUInt32LE(4) !== version) return undefined;
  if (bytes.readBigUInt64LE(sumAt) !== fnv1a(bytes.subarray(0, sumAt))) return undefined;
  const freelist = bytes.readBigUInt64LE(32);
  return {
    pageBytes: bytes.readUInt32LE(8),
    rootPage: Number(bytes.readBigUInt64LE(16)),
    freelistPage: freelist === noFreelist ? -1 : Number(freelist),
    pageCount: Number(bytes.readBigUInt64LE(40)),
    transaction: Number(bytes.readBigUInt64LE(48)),
  };
}

function fnv1a(bytes: Uint8Array): bigint {
  let sum = 0xcbf2_9ce4_8422_2325n;
  for (const byte of bytes) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100_0000_01b3n);
  return sum;
}
