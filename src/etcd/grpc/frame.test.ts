// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deframer, encodeFrame } from './frame.js';

const limitBytes = 100_000;
const messagesOf = (chunks: readonly Uint8Array[]) => {
  const deframer = new Deframer(limitBytes);
  const messages = chunks.flatMap((chunk) => deframer.push(chunk));
  deframer.end();
  return messages.map((message) => Buffer.from(message).toString('hex'));
};

/** Cuts bytes at the given places, whatever their order. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

describe('Deframer', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });

  it('gives the same messages for any split of the bytes', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 30 }), (sent, places) => {
        const chunks = cutAt(Buffer.concat(sent.map(encodeFrame)), places);
        expect(messagesOf(chunks)).toEqual(sent.map((message) => Buffer.from(message).toString('hex')));
      }),
    );
  });

  it('takes a large message byte by byte, and one that grows over several chunks', () => {
    const sent = Buffer.alloc(70_000, 'muster');
    const frame = encodeFrame(sent);
    expect(messagesOf(cutAt(frame, [1, 4, 5, 6, 20_000, 50_000]))).toEqual([sent.toString('hex')]);
    expect(messagesOf([...frame].map((byte) => Uint8Array.of(byte)))).toEqual([sent.toString('hex')]);
  });

  it('does not let a message change when later ones arrive', () => {
    const deframer = new Deframer(limitBytes);
    const bytes = Buffer.concat([encodeFrame(Buffer.from('first')), encodeFrame(Buffer.from('other'))]);
    const found = [...bytes].flatMap((byte) => deframer.push(Uint8Array.of(byte)));
    expect(found.map((message) => Buffer.from(message).toString())).toEqual(['first', 'other']);
  });

  it.each([
    ['a compressed message', [1, 0, 0, 0, 1], 'etcd/compressed-message'],
    ['an unknown flag', [7, 0, 0, 0, 1], 'etcd/malformed-message'],
    ['a message over the limit, by its head alone', [0, 0xff, 0, 0, 0], 'etcd/message-too-large'],
  ])('refuses %s', (_, bytes, code) => {
    expect(() => new Deframer(limitBytes).push(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('takes a message of exactly the limit', () => {
    expect(messagesOf([encodeFrame(Buffer.alloc(limitBytes))])).toHaveLength(1);
  });

  it.each([[[0]], [[0, 0, 0, 0, 2]], [[0, 0, 0, 0, 2, 1]]])(
    'refuses an end within a message: %j',
    (bytes) => {
      const deframer = new Deframer(limitBytes);
      deframer.push(Uint8Array.from(bytes));
      expect(() => deframer.end()).toThrow(expect.objectContaining({ code: 'etcd/malformed-message' }));
    },
  );
});
