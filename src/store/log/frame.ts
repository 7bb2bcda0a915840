// SPDX-License-Identifier: Apache-2.0

import { crc32 } from 'node:zlib';
import type { Write } from '../backend.js';

/**
 * How one group of writes lies in the log, all numbers big-endian:
 *
 *     CRC-32 of the rest: 4 | length of the frame: 4 | run: 8 | number in the run: 4 | writes: 4 | the writes
 *
 * and a write: kind 1 (`P` put, `R` remove), key length 4, value length 4, key, value. Frames begin at multiples of 8.
 *
 * A run is the time between two returns to the start of the file. Its ID is random and no client is told of it, so
 * neither a frame left of an earlier run nor one that a client has put into a value is ever taken for one of this run.
 */
export const frameAlign = 8;
const headBytes = 24;
const writeHeadBytes = 9;
const [putKind, removeKind] = [0x50, 0x52];

/** The place of a frame: its run, and which of the run it is, from 1. */
export interface FrameId {
  readonly run: bigint;
  readonly number: number;
}

export interface Frame {
  readonly writes: readonly Write[];
  /** Of the frame with its padding. */
  readonly sizeBytes: number;
}

/** Copies the writes. */
export function encodeFrame(id: FrameId, writes: readonly Write[]): Buffer {
  const length = writes.reduce((sum, write) => sum + sizeOf(write), headBytes);
  const frame = Buffer.allocUnsafe(aligned(length));
  frame.fill(0, length);
  frame.writeUInt32BE(length, 4);
  frame.writeBigUInt64BE(id.run, 8);
  frame.writeUInt32BE(id.number, 16);
  frame.writeUInt32BE(writes.length, 20);
  writes.reduce((at, write) => putWrite(frame, at, write), headBytes);
  frame.writeUInt32BE(crc32(frame.subarray(4, length)), 0);
  return frame;
}

/**
 * The frame that begins at `at`; `undefined` when none does, or another one, or when it is not whole. Keys and values are
 * views of `log`. Throws a plain `Error` when a frame is whole and is not what muster writes.
 */
export function decodeFrame(log: Buffer, at: number, id: FrameId): Frame | undefined {
  if (at + headBytes > log.length) return undefined;
  if (log.readUInt32BE(at + 16) !== id.number || log.readBigUInt64BE(at + 8) !== id.run) return undefined;
  const length = log.readUInt32BE(at + 4);
  if (length < headBytes || at + length > log.length) return undefined;
  const frame = log.subarray(at, at + length);
  if (crc32(frame.subarray(4)) !== frame.readUInt32BE(0)) return undefined;
  return { writes: readWrites(frame), sizeBytes: aligned(length) };
}

/** The run whose first frame begins the log, whole or not; `undefined` in a log with no room for one. */
export function runAt(log: Buffer): bigint | undefined {
  return log.length < headBytes ? undefined : log.readBigUInt64BE(8);
}

/** The number of the whole frame of this run that begins at `at`, whichever it is. */
export function frameNumberAt(log: Buffer, at: number, run: bigint): number | undefined {
  if (at + headBytes > log.length || log.readBigUInt64BE(at + 8) !== run) return undefined;
  const number = log.readUInt32BE(at + 16);
  return decodeFrame(log, at, { run, number }) === undefined ? undefined : number;
}

function readWrites(frame: Buffer): readonly Write[] {
  const writes: Write[] = [];
  let at = headBytes;
  for (let left = frame.readUInt32BE(20); left > 0; left -= 1) {
    const { write, end } = readWrite(frame, at);
    writes.push(write);
    at = end;
  }
  if (at !== frame.length) throw new Error('a frame of its log is longer than its writes');
  return writes;
}

function readWrite(frame: Buffer, at: number): { readonly write: Write; readonly end: number } {
  const keyAt = at + writeHeadBytes;
  if (keyAt > frame.length) throw new Error('a frame of its log is shorter than its writes');
  const kind = frame[at];
  const valueAt = keyAt + frame.readUInt32BE(at + 1);
  const end = valueAt + frame.readUInt32BE(at + 5);
  if (end > frame.length) throw new Error('a frame of its log is shorter than its writes');
  const key = frame.subarray(keyAt, valueAt);
  if (kind === putKind) return { write: { kind: 'put', key, value: frame.subarray(valueAt, end) }, end };
  if (kind === removeKind) return { write: { kind: 'remove', key }, end };
  throw new Error(`a write of unknown kind ${kind} is in its log`);
}

function putWrite(frame: Buffer, at: number, write: Write): number {
  const { key } = write;
  const value = write.kind === 'put' ? write.value : undefined;
  const valueAt = at + writeHeadBytes + key.length;
  frame[at] = write.kind === 'put' ? putKind : removeKind;
  frame.writeUInt32BE(key.length, at + 1);
  frame.writeUInt32BE(value?.length ?? 0, at + 5);
  frame.set(key, at + writeHeadBytes);
  if (value !== undefined) frame.set(value, valueAt);
  return valueAt + (value?.length ?? 0);
}

function sizeOf(write: Write): number {
  return writeHeadBytes + write.key.length + (write.kind === 'put' ? write.value.length : 0);
}

function aligned(length: number): number {
  return Math.ceil(length / frameAlign) * frameAlign;
}
