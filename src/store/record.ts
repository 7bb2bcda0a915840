// SPDX-License-Identifier: Apache-2.0

import { type LeaseId, leaseId } from '../model/index.js';
import { checksumBytes, isSealed, sealed, sealRecord, unsealed } from './record-checksum.js';

/**
 * How the store lies in its backend, all numbers big-endian:
 *
 *     m<name>                     what the store knows of itself
 *     l<lease: 8>                 granted TTL in seconds: 8
 *     r<revision: 8><sub: 4>      one write of one key, in the order of writing
 *
 * and the value of an `r`: kind 1 (`P` put, `D` delete), create revision 8, version 8, lease 8, key length 4, key, value,
 * CRC-32 4. Kinds 1 and 2, of stores of the first versions, are the same without the CRC-32, which only a full check
 * compares. What `m` and `l` hold ends with a CRC-32 too, which every start compares: they are few.
 * Writes are appended in order of revision, so that a commit touches few pages and a watch reads history in a row.
 */
export const metaPrefix = 'm'.charCodeAt(0);
export const recordPrefix = 'r'.charCodeAt(0);
export const leasePrefix = 'l'.charCodeAt(0);
const headLength = 29;
const [putKind, deleteKind] = [0x50, 0x44];
const [uncheckedPutKind, uncheckedDeleteKind] = [1, 2];

export interface StoredRecord {
  readonly isDelete: boolean;
  readonly createRevision: number;
  readonly version: number;
  readonly lease: LeaseId;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export function encodeRecordKey(revision: number, sub: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(13);
  bytes[0] = recordPrefix;
  putNumber(bytes, 1, revision);
  bytes.writeUInt32BE(sub, 9);
  return bytes;
}

/** Throws a plain `Error` on a key of another length. */
export function decodeRecordKey(key: Uint8Array): { readonly revision: number; readonly sub: number } {
  if (key.length !== 13) throw new Error(`a record key of ${key.length} bytes`);
  const bytes = viewOf(key);
  return { revision: getNumber(bytes, 1), sub: bytes.readUInt32BE(9) };
}

/** Copies key and value. */
export function encodeRecord(record: StoredRecord): Uint8Array {
  const valueAt = headLength + record.key.length;
  const bytes = Buffer.allocUnsafe(valueAt + record.value.length + checksumBytes);
  bytes[0] = record.isDelete ? deleteKind : putKind;
  putNumber(bytes, 1, record.createRevision);
  putNumber(bytes, 9, record.version);
  bytes.writeBigInt64BE(record.lease, 17);
  bytes.writeUInt32BE(record.key.length, 25);
  bytes.set(record.key, headLength);
  bytes.set(record.value, valueAt);
  sealRecord(bytes);
  return bytes;
}

/** Key and value are views of `value`. Throws a plain `Error` on bytes that no version of muster wrote. */
export function decodeRecord(value: Uint8Array): StoredRecord {
  const bytes = viewOf(value);
  const kind = bytes[0];
  const isChecked = kind === putKind || kind === deleteKind;
  const isKnown = isChecked || kind === uncheckedPutKind || kind === uncheckedDeleteKind;
  const end = bytes.length - (isChecked ? checksumBytes : 0);
  if (!isKnown || end < headLength) throw new Error('not a record');
  const keyEnd = headLength + bytes.readUInt32BE(25);
  if (keyEnd > end) throw new Error('a record whose key is cut off');
  return {
    isDelete: kind === deleteKind || kind === uncheckedDeleteKind,
    createRevision: getNumber(bytes, 1),
    version: getNumber(bytes, 9),
    lease: leaseAt(bytes, 17),
    key: bytes.subarray(headLength, keyEnd),
    value: bytes.subarray(keyEnd, end),
  };
}

/** As `decodeRecord`, for a full check: throws as well when the record is not as it was written. */
export function checkRecord(value: Uint8Array): StoredRecord {
  const record = decodeRecord(value);
  const bytes = viewOf(value);
  const isChecked = bytes[0] === putKind || bytes[0] === deleteKind;
  if (isChecked && !isSealed(bytes)) throw new Error('is not as it was written: its checksum is another');
  return record;
}

export function encodeLeaseKey(id: LeaseId): Uint8Array {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = leasePrefix;
  bytes.writeBigInt64BE(id, 1);
  return bytes;
}

export function decodeLeaseKey(key: Uint8Array): LeaseId {
  if (key.length !== 9) throw new Error(`a lease key of ${key.length} bytes`);
  return leaseId(viewOf(key).readBigInt64BE(1));
}

/** `m<name>`. */
export function metaKey(name: string): Uint8Array {
  return Buffer.from(`m${name}`, 'latin1');
}

/** Of a lease or of `m…`, with a checksum behind it. */
export function encodeNumber(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  putNumber(bytes, 0, value);
  return sealed(bytes);
}

/** Throws a plain `Error` on a number that is not as it was written. */
export function decodeNumber(value: Uint8Array): number {
  const bytes = unsealed(value);
  if (bytes.length !== 8) throw new Error(`a number of ${bytes.length} bytes`);
  return getNumber(viewOf(bytes), 0);
}

const noLease = leaseId(0n);

/** Most keys have none, and making a bigint costs. */
function leaseAt(bytes: Buffer, at: number): LeaseId {
  const isNone = bytes.readUInt32BE(at) === 0 && bytes.readUInt32BE(at + 4) === 0;
  return isNone ? noLease : leaseId(bytes.readBigInt64BE(at));
}

function viewOf(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function putNumber(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value % 0x1_0000_0000, at + 4);
}

function getNumber(bytes: Buffer, at: number): number {
  const value = bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) throw new Error('a number above 2^53');
  return value;
}
