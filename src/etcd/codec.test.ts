// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMusterError } from '../model/index.js';
import { decodeMessage, encodeMessage } from './codec.js';
import { PutRequest, RangeRequest, TxnRequest } from './gen/etcdserverpb/kv.js';
import { LeaseKeepAliveRequest } from './gen/etcdserverpb/lease.js';
import { KeyValue } from './gen/mvccpb/kv.js';
import { methods } from './methods.js';

const malformed = expect.objectContaining({ code: 'etcd/malformed-message' });
const keyValue = { key: Buffer.from('k'), value: Buffer.from('v'), version: 1, createRevision: 2, lease: 0n };

it('keeps all 64 bits of an id and all 53 of a counter', () => {
  for (const ID of [-1n, 2n ** 63n - 1n, -(2n ** 63n), 2_966_924_384_932_745_736n]) {
    expect(decodeMessage(LeaseKeepAliveRequest, encodeMessage(LeaseKeepAliveRequest, { ID })).ID).toBe(ID);
  }
  const modRevision = Number.MAX_SAFE_INTEGER;
  const bytes = encodeMessage(KeyValue, { ...keyValue, modRevision });
  expect(decodeMessage(KeyValue, bytes).modRevision).toBe(modRevision);
});

it('refuses a counter that a number cannot hold instead of rounding it', () => {
  // Field 3, varint: 2^53 + 1.
  const bytes = Uint8Array.of(0x18, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
  expect(() => decodeMessage(KeyValue, bytes)).toThrow(malformed);
});

it('knows the bytes of a put by heart', () => {
  const put = {
    key: Buffer.from('a'),
    value: Buffer.from('b'),
    lease: 1n,
    prevKv: true,
    ignoreValue: false,
    ignoreLease: false,
  };
  expect(Buffer.from(encodeMessage(PutRequest, put)).toString('hex')).toBe('0a0161120162180120' + '01');
});

it.each([
  ['a length beyond the end', [0x0a, 0x05, 0x61]],
  ['an endless number', [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['a tag of zero', [0x00, 0x01]],
  ['the end of a group', [0x0c, 0x0a]],
])('refuses %s', (_, bytes) => {
  expect(() => decodeMessage(RangeRequest, Uint8Array.from(bytes))).toThrow(malformed);
});

it('passes over fields that it does not know', () => {
  const bytes = Uint8Array.of(0x0a, 0x01, 0x61, 0xf8, 0x3f, 0x05);
  expect(Buffer.from(decodeMessage(RangeRequest, bytes).key).toString()).toBe('a');
});

it('refuses transactions that are nested without end', () => {
  const innermost = encodeMessage(TxnRequest, { compare: [], success: [], failure: [] });
  const nest = (inner: Uint8Array) => {
    const op = Buffer.concat([Buffer.from([0x22]), varint(inner.length), inner]);
    return Buffer.concat([Buffer.from([0x12]), varint(op.length), op]);
  };
  const deep = Array.from({ length: 5_000 }).reduce<Uint8Array>((inner) => nest(inner), innermost);
  expect(() => decodeMessage(TxnRequest, deep)).toThrow(malformed);
});

it('answers any bytes with a message or a refusal', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(methods)),
      fc.uint8Array({ maxLength: 40 }),
      (method, bytes) => {
        try {
          decodeMessage(method.request as typeof methods.txn.request, bytes);
        } catch (error) {
          expect(isMusterError(error, 'etcd/malformed-message')).toBe(true);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest > 127 ? (rest % 128) + 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}
