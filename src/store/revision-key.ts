// SPDX-License-Identifier: Apache-2.0

/** Of a write in etcd's database, and with 0 for the place in its revisions of compaction: `<revision: 8>_<place: 8>`. */
const revisionKeyBytes = 17;
const underscore = '_'.charCodeAt(0);
/** Behind the key of a write that deleted. */
const tombstone = 't'.charCodeAt(0);

/** Source: etcd-io/etcd server/storage/mvcc/revision.go */
export function encodeRevisionKey(revision: number, sub: number, isDelete: boolean): Uint8Array {
  const bytes = Buffer.alloc(isDelete ? revisionKeyBytes + 1 : revisionKeyBytes);
  bytes.writeBigInt64BE(BigInt(revision), 0);
  bytes[8] = underscore;
  bytes.writeUInt32BE(sub, 13);
  if (isDelete) bytes[revisionKeyBytes] = tombstone;
  return bytes;
}

export interface RevisionKey {
  readonly revision: number;
  readonly sub: number;
  readonly isDelete: boolean;
}

/** Throws a plain `Error` on what is none. */
export function decodeRevisionKey(key: Uint8Array): RevisionKey {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const isDelete = bytes.length === revisionKeyBytes + 1 && bytes[revisionKeyBytes] === tombstone;
  if ((bytes.length !== revisionKeyBytes && !isDelete) || bytes[8] !== underscore) {
    throw new Error(`"${bytes.toString('hex')}" is no revision`);
  }
  const revision = Number(bytes.readBigInt64BE(0));
  const sub = Number(bytes.readBigInt64BE(9));
  if (!Number.isSafeInteger(revision) || revision < 0 || sub < 0 || sub > 0xffff_ffff) {
    throw new Error(`revision ${revision}.${sub} is beyond what can be`);
  }
  return { revision, sub, isDelete };
}
