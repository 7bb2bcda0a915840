// SPDX-License-Identifier: Apache-2.0

import { encodeFrame } from '../src/etcd/grpc/frame.js';

export const headBytes = 9;

/** Of RFC 9113, those that a client of unary calls meets. */
export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export interface FrameHead {
  readonly length: number;
  readonly type: number;
  /** END_STREAM, or ACK. */
  readonly isLast: boolean;
  readonly stream: number;
}

export function readFrameHead(bytes: Buffer, at: number): FrameHead {
  return {
    length: bytes.readUIntBE(at, 3),
    type: bytes.readUInt8(at + 3),
    isLast: (bytes.readUInt8(at + 4) & 1) === 1,
    stream: bytes.readUInt32BE(at + 5),
  };
}

export function frameOf(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(headBytes + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame.writeUInt8(type, 3);
  frame.writeUInt8(flags, 4);
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, headBytes);
  return frame;
}

export function windowUpdate(stream: number, bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frameOf(frameType.windowUpdate, 0, stream, payload);
}

const windowBytes = 1 << 30;

/** Preface, settings (INITIAL_WINDOW_SIZE) and a wide window: the answers are never held up. */
export function openingOf(): Buffer {
  const settings = Buffer.alloc(6);
  settings.writeUInt16BE(4, 0);
  settings.writeUInt32BE(windowBytes, 2);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frameOf(frameType.settings, 0, 0, settings),
    windowUpdate(0, windowBytes),
  ]);
}

/** One call, ready but for its stream. */
export interface Template {
  /** What it takes of the server's window. */
  readonly dataBytes: number;
  /** @param isFirst as of `headersOf` */
  write(stream: number, isFirst: boolean): Buffer;
}

export function templateOf(path: string, authority: string, message: Uint8Array): Template {
  const data = encodeFrame(message);
  const callOf = (isFirst: boolean) => {
    const headers = frameOf(frameType.headers, 4, 0, headersOf(path, authority, isFirst));
    return join([headers, ...dataFrames(data)]);
  };
  const first = callOf(true);
  const later = callOf(false);
  return {
    dataBytes: data.length,
    write(stream, isFirst) {
      const { bytes, starts } = isFirst ? first : later;
      const call = Buffer.from(bytes);
      for (const start of starts) call.writeUInt32BE(stream, start + 5);
      return call;
    },
  };
}

const largestFrame = 16_384;

function dataFrames(data: Buffer): readonly Buffer[] {
  const count = Math.ceil(data.length / largestFrame);
  return Array.from({ length: count }, (_, index) => {
    const piece = data.subarray(index * largestFrame, (index + 1) * largestFrame);
    return frameOf(frameType.data, index === count - 1 ? 1 : 0, 0, piece);
  });
}

function join(frames: readonly Buffer[]) {
  const starts: number[] = [];
  let at = 0;
  for (const frame of frames) {
    starts.push(at);
    at += frame.length;
  }
  return { bytes: Buffer.concat(frames), starts };
}

// HPACK (RFC 7541): `:method: POST` and `:scheme: http` are 3 and 6 of its table; what is spelled out is added to
// it, the newest at 62.
const methodAndScheme = [0x83, 0x86];
const numberedHeaders = [...methodAndScheme, 0xc1, 0xc0, 0xbf, 0xbe];

/** @param isFirst of its connection: they are spelled out, and named by number from then on */
export function headersOf(path: string, authority: string, isFirst: boolean): Buffer {
  if (!isFirst) return Buffer.from(numberedHeaders);
  return Buffer.concat([
    Uint8Array.from(methodAndScheme),
    ...[[0x41, authority] as const, [0x44, path] as const, [0x5f, 'application/grpc'] as const].map(
      ([name, value]) => Buffer.concat([Uint8Array.of(name), textOf(value)]),
    ),
    Uint8Array.of(0x40),
    textOf('te'),
    textOf('trailers'),
  ]);
}

/** Short enough for a length of one byte. */
function textOf(text: string): Buffer {
  return Buffer.concat([Uint8Array.of(text.length), Buffer.from(text, 'latin1')]);
}
