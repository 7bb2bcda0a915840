// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { readStart } from './connection-start.js';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frame = (type: number, flags: number, payload: Uint8Array = Buffer.alloc(0), stream = 0) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const settings = frame(4, 0, Buffer.from([0, 3, 0, 0, 0, 100]));
const acknowledgement = frame(4, 1);
const windowUpdate = frame(8, 0, Buffer.from([0, 1, 0, 0]));
const ping = frame(6, 0, Buffer.alloc(8));
const request = (block: Buffer, flags = 4) => frame(1, flags, block, 1);
/** `:method: POST`, `:scheme: http`, then `:authority` as a literal with indexing. */
const block = (value: Buffer, isCoded: boolean) =>
  Buffer.concat([
    Buffer.from([0x83, 0x86, 0x41, (isCoded ? 0x80 : 0) + value.length]),
    value,
    Buffer.from([0x84]),
  ]);
const start = (...parts: Buffer[]) => Buffer.concat([preface, ...parts]);

// "http://127.0.0.1:2379" and "http:..127.0.0.1:2379" in the Huffman code of HPACK.
const coded = Buffer.from('9d29aee30c08ab817000171133ff', 'hex');
const text = (value: string) => Buffer.from(value);

describe('readStart', () => {
  it.each(['GET / HTTP/1.1\r\n', 'PUT /', 'X', 'PRINT'])('takes "%s" for HTTP/1.1', (bytes) => {
    expect(readStart(text(bytes), false, false)).toEqual({ kind: 'http1' });
  });

  it('waits while the bytes could still be the preface', () => {
    for (let length = 0; length <= preface.length; length += 1) {
      expect(readStart(preface.subarray(0, length), false, false).kind).toBe('unknown');
    }
  });

  it('hands on a request at once, byte for byte, when its authority is good', () => {
    const seen = start(settings, windowUpdate, request(block(text('127.0.0.1:2379'), false)));
    expect(readStart(seen, false, false)).toEqual({ kind: 'http2', bytes: seen });
  });

  it('greets a client that waits, and takes out the acknowledgement', () => {
    expect(readStart(start(settings), false, false)).toEqual({ kind: 'greet' });
    expect(readStart(start(settings), true, false)).toEqual({ kind: 'unknown' });
    const good = request(block(text('a:1'), false));
    expect(readStart(start(settings, good), true, false)).toEqual({ kind: 'unknown' });
    expect(readStart(start(settings, acknowledgement), true, false)).toEqual({ kind: 'unknown' });
    for (const seen of [start(settings, acknowledgement, good), start(settings, good, acknowledgement)]) {
      expect(readStart(seen, true, false)).toEqual({ kind: 'http2', bytes: start(settings, good) });
    }
  });

  it('does not greet in the middle of a frame', () => {
    const seen = start(settings, request(block(text('a:1'), false)));
    for (let cut = 1; cut < 20; cut += 1) {
      expect(readStart(seen.subarray(0, seen.length - cut), false, false).kind).toBe(
        seen.length - cut === start(settings).length ? 'greet' : 'unknown',
      );
    }
  });

  it.each([
    ['asks for an answer', start(settings, acknowledgement, ping), false],
    ['says nothing for long', start(settings, acknowledgement), true],
    [
      'sends a frame too large',
      start(settings, acknowledgement, Buffer.from([1, 0, 0, 1, 0, 0, 0, 0, 1])),
      false,
    ],
  ])('hands on a client without a request that %s', (_, seen, isLate) => {
    const { kind } = readStart(seen, true, isLate);
    expect(kind).toBe('http2');
  });

  it('mends an authority in plain text', () => {
    const found = readStart(start(settings, request(block(text('http://[::1]:2379'), false))), false, false);
    expect(found).toEqual({
      kind: 'http2',
      bytes: start(settings, request(block(text('http:..[::1]:2379'), false))),
    });
  });

  it('mends an authority in Huffman code, behind padding and priority', () => {
    for (const [flags, head] of [
      [0x04, ''],
      [0x0c, '00'],
      [0x24, '0000000010'],
      [0x2c, '000000000010'],
    ] as const) {
      const wrap = (value: Buffer) =>
        start(settings, request(Buffer.concat([Buffer.from(head, 'hex'), block(value, true)]), flags));
      const mended = Buffer.from(coded);
      mended.set([0x9d, 0x29, 0xae, 0xe2, 0xeb, 0x88]);
      expect(readStart(wrap(coded), false, false)).toEqual({ kind: 'http2', bytes: wrap(mended) });
    }
  });

  it('leaves other fields alone that begin alike', () => {
    const header = Buffer.concat([Buffer.from([0x40, 1, 0x61, 7]), text('http://'), Buffer.from([0x83])]);
    const seen = start(settings, request(header));
    expect(readStart(seen, false, false)).toEqual({ kind: 'http2', bytes: seen });
  });

  it('is not thrown off by a broken header block', () => {
    for (const bytes of [
      [0x41],
      [0x41, 0xff],
      [0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x40, 0x7f],
      [0x7f, 0xff],
    ]) {
      const seen = start(settings, request(Buffer.from(bytes)));
      expect(readStart(seen, false, false)).toEqual({ kind: 'http2', bytes: seen });
    }
  });
});
