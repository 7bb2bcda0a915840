// SPDX-License-Identifier: Apache-2.0

import { crc32 } from 'node:zlib';
import type { Write } from '../backend.js';

/**
 * How far the tree has come with the log: kept in the tree itself and written in the same commit as what it tells of.
 * While there is one the log belongs to the store; without one there is nothing in it.
 */
export interface Mark {
  /** Of the frames that count. */
  readonly run: bigint;
  /** The tree has the run's frames up to this one; 0: none. */
  readonly number: number;
  /** Where the next frame begins. */
  readonly end: number;
  /** Of the log file. */
  readonly sizeBytes: number;
}

/** Above all keys of the store. */
export const markKey = Buffer.from('\xfflog', 'latin1');

// The last digit is the version of mark and frames.
const format = 'muster-log-1';
const markBytes = format.length + 24;

export function putMark({ run, number, end, sizeBytes }: Mark): Write {
  const value = Buffer.alloc(markBytes);
  value.write(format, 'latin1');
  value.writeBigUInt64BE(run, format.length);
  value.writeUInt32BE(number, format.length + 8);
  value.writeUInt32BE(end, format.length + 12);
  value.writeUInt32BE(sizeBytes, format.length + 16);
  value.writeUInt32BE(crc32(value.subarray(0, markBytes - 4)), markBytes - 4);
  return { kind: 'put', key: markKey, value };
}

export const removeMark: Write = { kind: 'remove', key: markKey };

/** Throws a plain `Error` when it is of a later version, or damaged. */
export function decodeMark(bytes: Uint8Array): Mark {
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = value.toString('latin1', 0, format.length);
  if (!found.startsWith('muster-log-')) throw new Error('what it says of its log is damaged');
  if (found !== format)
    throw new Error(`its log is of the format "${found}", this version of muster reads "${format}"`);
  const isSound =
    value.length === markBytes && crc32(value.subarray(0, -4)) === value.readUInt32BE(markBytes - 4);
  if (!isSound) throw new Error('what it says of its log is damaged');
  return {
    run: value.readBigUInt64BE(format.length),
    number: value.readUInt32BE(format.length + 8),
    end: value.readUInt32BE(format.length + 12),
    sizeBytes: value.readUInt32BE(format.length + 16),
  };
}
