// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../codec.js';
import { Compare, type RangeRequest, TxnResponse } from '../gen/etcdserverpb/kv.js';
import { WatchResponse } from '../gen/etcdserverpb/watch.js';
import { methods } from '../methods.js';
import { loadSchema, type MessageSchema } from '../schema/schema.js';
import { messageOfJson } from './json-decode.js';
import { jsonOfMessage } from './json-encode.js';
import { JsonFault, JsonValues } from './json-values.js';

const schema = await loadSchema();

function requestOf(path: string): MessageSchema {
  const found = schema.methods.get(path);
  if (found === undefined) throw new Error(`no method ${path}`);
  return found.request;
}

function responseOf(path: string): MessageSchema {
  const found = schema.methods.get(path);
  if (found === undefined) throw new Error(`no method ${path}`);
  return found.response;
}

const bytes = fc.uint8Array({ maxLength: 12 });
const number = fc.nat(Number.MAX_SAFE_INTEGER);
const id = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('messages as JSON', () => {
  const ranges: fc.Arbitrary<RangeRequest> = fc.record({
    key: bytes,
    rangeEnd: bytes,
    limit: number,
    revision: number,
    sortOrder: fc.constantFrom(0, 1, 2),
    sortTarget: fc.constantFrom(0, 1, 2, 3, 4),
    serializable: fc.boolean(),
    keysOnly: fc.boolean(),
    countOnly: fc.boolean(),
    minModRevision: number,
    maxModRevision: number,
    minCreateRevision: number,
    maxCreateRevision: number,
  });

  it('come back as they were', () => {
    const at = requestOf(methods.range.path);
    fc.assert(
      fc.property(ranges, (range) => {
        const json = jsonOfMessage(at, encodeMessage(methods.range.request, range));
        const back = decodeMessage(methods.range.request, messageOfJson(at, json));
        expect(plain(back)).toEqual(plain(range));
      }),
    );
  });

  it('keep ids of 64 bits, repeated bytes and what is nested', () => {
    const at = responseOf(methods.timeToLive.path);
    fc.assert(
      fc.property(id, fc.array(bytes), number, (ID, keys, revision) => {
        const header = { clusterId: 2n ** 64n - 1n, memberId: 1n, revision, raftTerm: 0n };
        const message = { header, ID, TTL: 0, grantedTTL: 0, keys };
        const text = JSON.stringify(jsonOfMessage(at, encodeMessage(methods.timeToLive.response, message)));
        const [json] = new JsonValues().push(text);
        expect(plain(decodeMessage(methods.timeToLive.response, messageOfJson(at, json)))).toEqual(
          plain(message),
        );
      }),
    );
  });

  it('are written with the names of the protocol, without what is zero', () => {
    const at = responseOf(methods.watch.path);
    const text = JSON.stringify(
      jsonOfMessage(
        at,
        encodeMessage(WatchResponse, {
          header: undefined,
          watchId: -1n,
          created: true,
          canceled: false,
          compactRevision: 0,
          cancelReason: '',
          fragment: false,
          events: [],
        }),
      ),
    );
    expect(text).toBe('{"watch_id":"-1","created":true}');
    expect(jsonOfMessage(responseOf(methods.txn.path), encodeMessage(TxnResponse, emptyTxn))).toEqual({});
  });

  it.each([
    ['{"key":"YQ==","create_revision":"7","target":"CREATE"}', { $case: 'createRevision', value: 7n }],
    ['{"key":"YQ==","createRevision":7,"target":1}', { $case: 'createRevision', value: 7n }],
    ['{"key":"YQ==","version":0}', { $case: 'version', value: 0n }],
    ['{"key":"YQ==","lease":-9223372036854775808}', { $case: 'lease', value: -(2n ** 63n) }],
    ['{"key":"YQ==","version":null,"unknown":{"a":[1]}}', undefined],
  ])('reads %s', (text, target) => {
    const txn = `{"compare":[${text}]}`;
    const [json] = new JsonValues().push(txn);
    const message = decodeMessage(methods.txn.request, messageOfJson(requestOf(methods.txn.path), json));
    expect(message.compare[0]?.targetUnion).toEqual(target);
    expect(decodeMessage(Compare, encodeMessage(Compare, message.compare[0] ?? emptyCompare)).key).toEqual(
      new Uint8Array([0x61]),
    );
  });

  it.each([
    ['{"key":5}', 'json: cannot unmarshal number into Go value of type []uint8'],
    ['{"key":"YQ"}', 'illegal base64 data at input byte 2'],
    ['{"key":"Y-=="}', 'illegal base64 data at input byte 1'],
    ['{"limit":"x"}', "invalid character 'x' looking for beginning of value"],
    ['{"limit":1.5}', 'json: cannot unmarshal number 1.5 into Go value of type int64'],
    ['{"limit":9223372036854775808}', 'json: cannot unmarshal number 9223372036854775808 into Go value'],
    ['{"keys_only":"yes"}', 'json: cannot unmarshal string into Go value of type bool'],
    ['{"sort_order":"UP"}', 'unknown value "UP" for enum etcdserverpb.RangeRequest_SortOrder'],
    ['[]', 'json: cannot unmarshal array'],
  ])('refuses %s', (text, reason) => {
    const [json] = new JsonValues().push(text);
    expect(() => messageOfJson(requestOf(methods.range.path), json)).toThrow(reason);
  });
});

describe('JSON values in a row', () => {
  it('come out however the text was cut', () => {
    const values = fc.array(
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.array(fc.string()))),
    );
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 9 }), (objects, step) => {
        const text = objects.map((object) => JSON.stringify(object)).join(' \n');
        const reader = new JsonValues();
        const seen: unknown[] = [];
        for (let at = 0; at < text.length; at += step) seen.push(...reader.push(text.slice(at, at + step)));
        reader.end();
        expect(JSON.stringify(seen)).toBe(JSON.stringify(objects));
      }),
    );
  });

  it.each([
    ['{"a":', 'unexpected EOF'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{a}', 'Expected property name'],
  ])('refuses %s', (text, reason) => {
    const read = () => {
      const reader = new JsonValues();
      for (const _ of reader.push(text));
      reader.end();
    };
    expect(read).toThrow(JsonFault);
    expect(read).toThrow(reason);
  });
});

const emptyTxn = { header: undefined, succeeded: false, responses: [] };
const emptyCompare = {
  result: 0,
  target: 0,
  key: new Uint8Array(),
  targetUnion: undefined,
  rangeEnd: new Uint8Array(),
} as const;

/** Buffers and byte arrays of the same bytes are the same. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one: unknown) => {
      if (typeof one === 'bigint') return `${one}n`;
      if (one instanceof Uint8Array) return Buffer.from(one).toString('hex');
      const given =
        typeof one === 'object' && one !== null && 'type' in one && 'data' in one ? one.data : undefined;
      return Array.isArray(given) ? Buffer.from(given).toString('hex') : one;
    }),
  );
}
