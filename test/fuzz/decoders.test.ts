// SPDX-License-Identifier: Apache-2.0

/** Bytes that anyone may send: they are decoded or refused by name, and nothing else happens. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Codec, decodeMessage, encodeMessage } from '../../src/etcd/codec.js';
import { Deframer, encodeFrame } from '../../src/etcd/grpc/frame.js';
import { methods } from '../../src/etcd/methods.js';
import { isMusterError } from '../../src/model/index.js';

const limitBytes = 1_000;
const allowed = ['etcd/message-too-large', 'etcd/compressed-message', 'etcd/malformed-message'];

/** What `run` returns, or the code of what it throws; anything else thrown is a defect and goes on. */
function outcome<T>(run: () => T): { readonly value: T } | { readonly code: string } {
  try {
    return { value: run() };
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return { code: error.code };
  }
}

/** Cuts `bytes` at these places, in any order, beyond the end too. */
function chunksOf(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, n) => bytes.subarray(at[n] ?? 0, end));
}

const messages = fc.array(fc.uint8Array({ maxLength: limitBytes }), { maxLength: 6 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe('frames', () => {
  test('come out as they went in, however they are cut', () => {
    fc.assert(
      fc.property(messages, cuts, (sent, places) => {
        const deframer = new Deframer(limitBytes);
        const bytes = Buffer.concat(sent.map(encodeFrame));
        const got = chunksOf(bytes, places).flatMap((chunk) =>
          deframer.push(chunk).map((one) => Buffer.from(one)),
        );
        deframer.end();
        expect(got).toEqual(sent.map((one) => Buffer.from(one)));
      }),
    );
  });

  test('of any bytes are messages within the limit or an error by name', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), cuts, (bytes, places) => {
        const deframer = new Deframer(limitBytes);
        const result = outcome(() => chunksOf(bytes, places).flatMap((chunk) => deframer.push(chunk)));
        if ('code' in result) expect(allowed).toContain(result.code);
        else expect(result.value.every((one) => one.length <= limitBytes)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('the outcome does not hang on how bytes are cut', () => {
    const whole = (bytes: Uint8Array, places: readonly number[]) => {
      const deframer = new Deframer(limitBytes);
      const all = () =>
        chunksOf(bytes, places).flatMap((chunk) => deframer.push(chunk).map((one) => Buffer.from(one)));
      return outcome(all);
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60, max: 8 }), cuts, (bytes, places) => {
        expect(whole(bytes, places)).toEqual(whole(bytes, []));
      }),
      { numRuns: 1_000 },
    );
  });

  test('a stream that ends within one is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(), (message, cut) => {
        const frame = encodeFrame(message);
        const deframer = new Deframer(limitBytes);
        deframer.push(frame.subarray(0, 1 + (cut % (frame.length - 1))));
        expect(outcome(() => deframer.end())).toEqual({ code: 'etcd/malformed-message' });
      }),
    );
  });
});

interface Row {
  readonly name: string;
  decode(bytes: Uint8Array): unknown;
  /** Bytes after decoding and encoding once. */
  again(bytes: Uint8Array): Uint8Array;
}

function rowOf<T>(name: string, codec: Codec<T>): Row {
  return {
    name,
    decode: (bytes) => decodeMessage(codec, bytes),
    again: (bytes) => encodeMessage(codec, decodeMessage(codec, bytes)),
  };
}

const rows = Object.entries(methods).flatMap(([name, { request, response }]) => [
  rowOf(`${name} request`, request as Codec<unknown>),
  rowOf(`${name} response`, response as Codec<unknown>),
]);

/** Fields as a sender could make them: any number, any kind, nested or not; sometimes cut short or not protobuf. */
const field = fc.letrec<{ message: Uint8Array; field: Uint8Array }>((tie) => ({
  message: fc.array(tie('field'), { maxLength: 6 }).map((list) => Buffer.concat(list)),
  field: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(fc.integer({ min: 1, max: 14 }), varint())
      .map(([at, value]) => Buffer.concat([tag(at, 0), value])),
    fc
      .tuple(fc.integer({ min: 1, max: 14 }), fc.oneof(fc.uint8Array({ maxLength: 12 }), tie('message')))
      .map(([at, body]) =>
        Buffer.concat([tag(at, 2), Uint8Array.of(Math.min(body.length, 127)), body.subarray(0, 127)]),
      ),
  ),
}));
const anyBytes = fc.oneof(field.message, fc.uint8Array({ maxLength: 80 }));

function tag(at: number, kind: number): Uint8Array {
  return Uint8Array.of((at << 3) | kind);
}

function varint() {
  const small = fc.integer({ min: 0, max: 127 }).map((value) => Uint8Array.of(value));
  const large = fc.uint8Array({ minLength: 1, maxLength: 9 });
  return fc.oneof(
    small,
    large.map((list) => Uint8Array.of(...list.map((one) => one | 0x80), 1)),
  );
}

describe.each(rows)('$name', (row) => {
  test('any bytes become a message or an error by name', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const result = outcome(() => row.decode(bytes));
        if ('code' in result) expect(result.code).toBe('etcd/malformed-message');
      }),
      { numRuns: 200 },
    );
  });

  test('what was decoded and encoded once stays the same', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const once = outcome(() => row.again(bytes));
        if ('value' in once) expect(Buffer.from(row.again(once.value))).toEqual(Buffer.from(once.value));
      }),
      { numRuns: 100 },
    );
  });
});

test('a message nested without end is refused, and the stack holds', () => {
  let bytes: Uint8Array = new Uint8Array(0);
  // txn > success > request_txn, each with its length in front.
  for (let depth = 0; depth < 3_000; depth += 1) {
    const inner = Buffer.concat([Uint8Array.of(0x22), length(bytes.length), bytes]);
    bytes = Buffer.concat([Uint8Array.of(0x12), length(inner.length), inner]);
  }
  expect(outcome(() => decodeMessage(methods.txn.request, bytes))).toEqual({
    code: 'etcd/malformed-message',
  });
});

function length(value: number): Uint8Array {
  return Uint8Array.of((value & 0x7f) | 0x80, ((value >> 7) & 0x7f) | 0x80, value >> 14);
}
