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
import { JsonFault } from './json-reader.js';
import { type JsonText, JsonValues } from './json-values.js';

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
        const back = decodeMessage(methods.range.request, messageOfJson(at, jsonText(JSON.stringify(json))));
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
        const back = decodeMessage(methods.timeToLive.response, messageOfJson(at, jsonText(text)));
        expect(plain(back)).toEqual(plain(message));
      }),
    );
  });

  it('are written in one go, however long a list in them is', () => {
    const at = responseOf(methods.timeToLive.path);
    const keys = Array.from({ length: 200_000 }, () => Uint8Array.of(0x61));
    const message = { header: undefined, ID: 1n, TTL: 0, grantedTTL: 0, keys };
    const json = jsonOfMessage(at, encodeMessage(methods.timeToLive.response, message));
    expect(json).toMatchObject({ ID: '1', keys: { length: keys.length } });
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
    const message = decodeMessage(
      methods.txn.request,
      messageOfJson(requestOf(methods.txn.path), jsonText(txn)),
    );
    expect(message.compare[0]?.targetUnion).toEqual(target);
    expect(decodeMessage(Compare, encodeMessage(Compare, message.compare[0] ?? emptyCompare)).key).toEqual(
      new Uint8Array([0x61]),
    );
  });

  it.each([
    ['{"key":5}', 'proto: (line 1:8): invalid value for bytes field key: 5'],
    ['{"key":"YQ=="\n,"key":null}', 'proto: (line 2:2): duplicate field "key"'],
    ['{"key":"Y-Q+"}', 'proto: (line 1:8): invalid value for bytes field key: "Y-Q+"'],
    ['{"ä":1,"limit":"x"}', 'proto: (line 1:16): invalid value for int64 field limit: "x"'],
    ['{"limit":1.5}', 'proto: (line 1:10): invalid value for int64 field limit: 1.5'],
    ['{"limit":9223372036854775808}', 'invalid value for int64 field limit: 9223372036854775808'],
    ['{"keys_only":"yes"}', 'proto: (line 1:14): invalid value for bool field keysOnly: "yes"'],
    ['{"sort_order":1.5}', 'proto: (line 1:15): invalid value for enum field sortOrder: 1.5'],
    ['[]', 'proto: syntax error (line 1:1): unexpected token ['],
  ])('refuses %s', (text, reason) => {
    expect(() => messageOfJson(requestOf(methods.range.path), jsonText(text))).toThrow(reason);
  });

  it.each([
    ['{"key":"YQ"}', 'key', Uint8Array.of(0x61)],
    ['{"key":"-_8="}', 'key', Uint8Array.of(0xfb, 0xff)],
    ['{"limit":"12e-1"}', 'limit', undefined],
    ['{"limit":"1.20e1"}', 'limit', 12],
    ['{"limit":1e400}', 'limit', undefined],
    ['{"limit":-0.0}', 'limit', 0],
    ['{"sort_order":"UP"}', 'sortOrder', 0],
    ['{"sort_order":"DESCEND"}', 'sortOrder', 2],
  ] as const)('reads of %s that %s is %s', (text, field, value) => {
    const read = () =>
      decodeMessage(methods.range.request, messageOfJson(requestOf(methods.range.path), jsonText(text)));
    if (value === undefined) expect(read).toThrow(JsonFault);
    else expect(read()[field]).toEqual(value);
  });
});

const deep = '['.repeat(1_100) + ']'.repeat(1_100);

describe('JSON values in a row', () => {
  it('come out however the text was cut', () => {
    const values = fc.array(
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.array(fc.string()))),
    );
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 9 }), (objects, step) => {
        const text = objects.map((object) => JSON.stringify(object)).join(' \n');
        const reader = new JsonValues();
        const seen: string[] = [];
        for (let at = 0; at < text.length; at += step) {
          for (const one of reader.push(text.slice(at, at + step))) seen.push(one.text);
        }
        expect([...reader.end()]).toEqual([]);
        expect(seen).toEqual(objects.map((object) => JSON.stringify(object)));
      }),
    );
  });

  it.each([
    ['{"a":', 'unexpected EOF'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{a}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 1}', "invalid character '1' after object key:value pair"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[01]', "invalid character '1' after array element"],
    ['[-]', "invalid character ']' in numeric literal"],
    ['[1.]', "invalid character ']' after decimal point in numeric literal"],
    ['[1e]', "invalid character ']' in exponent of numeric literal"],
    ['[nul]', "invalid character ']' in literal null (expecting 'l')"],
    ['["\n"]', "invalid character '\\n' in string literal"],
    ['["\\x"]', "invalid character 'x' in string escape code"],
    ['["\\u00g0"]', "invalid character 'g' in \\u hexadecimal character escape"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    [deep, 'exceeded max depth'],
  ])('refuses %j', (text, reason) => {
    const read = () => {
      const reader = new JsonValues();
      for (const _ of reader.push(text));
      for (const _ of reader.end());
    };
    expect(read).toThrow(JsonFault);
    expect(read).toThrow(reason);
  });
});

function jsonText(text: string): JsonText {
  const [found] = [...new JsonValues().push(text)];
  if (found === undefined) throw new Error('no value');
  return found;
}

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
