// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { leaseId, revision } from '../../model/index.js';
import { decodeMessage, encodeMessage } from '../codec.js';
import {
  DeleteRangeResponse,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
} from '../gen/etcdserverpb/kv.js';
import { WatchCreateRequest, WatchResponse } from '../gen/etcdserverpb/watch.js';
import type {
  Compare,
  KeyValue,
  Op,
  OpResponse,
  RangeRequest as Range,
  TxnRequest as Txn,
  WatchEvent,
} from '../kv.js';
import {
  decodeDeleteRangeResponse,
  decodePutResponse,
  decodeRangeRequest,
  decodeRangeResponse,
  encodeDeleteRangeResponse,
  encodePutResponse,
  encodeRangeRequest,
  encodeRangeResponse,
} from './range.js';
import { decodeTxnRequest, decodeTxnResponse, encodeTxnRequest, encodeTxnResponse } from './txn.js';
import {
  decodeWatchCreate,
  decodeWatchResponse,
  encodeWatchCreate,
  encodeWatchMessage,
  fragmentsOf,
} from './watch.js';

const bytes = fc.uint8Array({ maxLength: 12 });
const someBytes = fc.uint8Array({ minLength: 1, maxLength: 12 });
const counter = fc.maxSafeNat();
const lease = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(leaseId);
const keyRange = fc.oneof(fc.record({ key: someBytes }), fc.record({ key: someBytes, rangeEnd: someBytes }));
const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: someBytes,
  value: bytes,
  createRevision: counter.map(revision),
  modRevision: counter.map(revision),
  version: counter,
  lease,
});
const range: fc.Arbitrary<Range> = fc
  .tuple(
    keyRange,
    fc.record({
      limit: counter,
      revision: counter,
      sortOrder: fc.constantFrom('none', 'ascend', 'descend'),
      sortTarget: fc.constantFrom('key', 'version', 'create', 'mod', 'value'),
      serializable: fc.boolean(),
      keysOnly: fc.boolean(),
      countOnly: fc.boolean(),
      minModRevision: counter,
      maxModRevision: counter,
      minCreateRevision: counter,
      maxCreateRevision: counter,
    }),
  )
  .map(([where, rest]) => ({ ...where, ...rest }));
const put = fc.record({
  key: bytes,
  value: bytes,
  lease,
  prevKv: fc.boolean(),
  ignoreValue: fc.boolean(),
  ignoreLease: fc.boolean(),
});
const compare: fc.Arbitrary<Compare> = fc
  .tuple(
    keyRange,
    fc.constantFrom('equal', 'not-equal', 'greater', 'less'),
    fc.oneof(
      fc.record({ target: fc.constantFrom('version', 'create', 'mod'), number: counter }),
      fc.record({ target: fc.constant('value'), value: bytes }),
      fc.record({ target: fc.constant('lease'), lease }),
    ),
  )
  .map(([where, result, what]) => ({ ...where, result, ...what }));
const deletion = fc.tuple(keyRange, fc.boolean()).map(([where, prevKv]) => ({ ...where, prevKv }));

const txnOf = (op: fc.Arbitrary<Op>): fc.Arbitrary<Txn> => {
  const ops = fc.array(op, { maxLength: 3 });
  return fc.record({ compare: fc.array(compare, { maxLength: 3 }), success: ops, failure: ops });
};
const flatOp: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constant('range'), request: range }),
  fc.record({ kind: fc.constant('put'), request: put }),
  fc.record({ kind: fc.constant('delete-range'), request: deletion }),
);
const txn = txnOf(fc.oneof(flatOp, fc.record({ kind: fc.constant('txn'), request: txnOf(flatOp) })));

const rev = counter.map(revision);
const kvs = fc.array(keyValue, { maxLength: 3 });
const rangeAnswer = fc.record({ revision: rev, kvs, more: fc.boolean(), count: counter });
const putAnswer = fc.record({ revision: rev, prevKv: keyValue }, { requiredKeys: ['revision'] });
const deleteAnswer = fc.record({ revision: rev, deleted: counter, prevKvs: kvs });
const opAnswer: fc.Arbitrary<OpResponse> = fc.oneof(
  fc.record({ kind: fc.constant('range'), response: rangeAnswer }),
  fc.record({ kind: fc.constant('put'), response: putAnswer }),
  fc.record({ kind: fc.constant('delete-range'), response: deleteAnswer }),
);
const opAnswers = fc.array(opAnswer, { maxLength: 3 });
const innerTxn = fc.record({ revision: rev, succeeded: fc.boolean(), responses: opAnswers });
const nested: fc.Arbitrary<OpResponse> = fc.record({ kind: fc.constant('txn'), response: innerTxn });
const event: fc.Arbitrary<WatchEvent> = fc.record(
  { kind: fc.constantFrom('put', 'delete'), kv: keyValue, prevKv: keyValue },
  { requiredKeys: ['kind', 'kv'] },
);

const headerAt = (at: number) => ({ clusterId: 1n, memberId: 2n ** 64n - 1n, revision: at, raftTerm: 1n });
/** Byte arrays of the decoder may be of a subclass: compare what they hold. */
const same = (actual: unknown, expected: unknown) => expect(plain(actual)).toEqual(plain(expected));

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

it('carries ranges and transactions to the server as they are', () => {
  fc.assert(
    fc.property(range, txn, (request, transaction) => {
      const wire = decodeMessage(RangeRequest, encodeMessage(RangeRequest, encodeRangeRequest(request)));
      same(decodeRangeRequest(wire), request);
      const wireTxn = decodeMessage(TxnRequest, encodeMessage(TxnRequest, encodeTxnRequest(transaction)));
      same(decodeTxnRequest(wireTxn), transaction);
    }),
  );
});

it('carries answers to the client as they are', () => {
  fc.assert(
    fc.property(rangeAnswer, putAnswer, deleteAnswer, (ranged, written, deleted) => {
      const wireRange = encodeRangeResponse(ranged, headerAt(ranged.revision));
      same(
        decodeRangeResponse(decodeMessage(RangeResponse, encodeMessage(RangeResponse, wireRange))),
        ranged,
      );
      const wirePut = encodePutResponse(written, headerAt(written.revision));
      same(decodePutResponse(decodeMessage(PutResponse, encodeMessage(PutResponse, wirePut))), written);
      const wireDelete = encodeDeleteRangeResponse(deleted, headerAt(deleted.revision));
      const sent = encodeMessage(DeleteRangeResponse, wireDelete);
      same(decodeDeleteRangeResponse(decodeMessage(DeleteRangeResponse, sent)), deleted);
    }),
  );
});

it('carries the answer of a transaction, also of a nested one', () => {
  fc.assert(
    fc.property(rev, fc.boolean(), fc.array(fc.oneof(opAnswer, nested)), (at, succeeded, drawn) => {
      // What is nested is at the revision of the whole.
      const responses = drawn.map((op) =>
        op.kind === 'txn' ? { ...op, response: { ...op.response, revision: at } } : op,
      );
      const answer = { revision: at, succeeded, responses };
      const bytesSent = encodeMessage(TxnResponse, encodeTxnResponse(answer, headerAt(at)));
      same(decodeTxnResponse(decodeMessage(TxnResponse, bytesSent)), answer);
    }),
  );
});

it('carries watches and their messages', () => {
  const request = fc
    .tuple(
      keyRange,
      fc.record({
        startRevision: counter,
        prevKv: fc.boolean(),
        progressNotify: fc.boolean(),
        filters: fc.subarray(['no-put', 'no-delete'] as const),
      }),
    )
    .map(([where, rest]) => ({ ...where, ...rest }));
  const message = fc.oneof(
    fc.record({ kind: fc.constant('created'), revision: rev }),
    fc.record({ kind: fc.constant('events'), revision: rev, events: fc.array(event, { minLength: 1 }) }),
    fc.record({ kind: fc.constant('progress'), revision: rev }),
    fc.record({ kind: fc.constant('compacted'), compactRevision: rev.filter((at) => at > 0) }),
    fc.record({ kind: fc.constant('cancelled'), reason: fc.string() }),
  );
  fc.assert(
    fc.property(request, message, (wanted, said) => {
      const create = encodeMessage(WatchCreateRequest, encodeWatchCreate(wanted));
      same(decodeWatchCreate(decodeMessage(WatchCreateRequest, create)), wanted);
      const header = headerAt('revision' in said ? said.revision : 7);
      const sent = encodeMessage(WatchResponse, encodeWatchMessage({ header, watchId: 5n }, said));
      same(decodeWatchResponse(decodeMessage(WatchResponse, sent)), [said]);
    }),
  );
});

it('compares with a number beyond the safe ones as with the nearest safe one', () => {
  const wire = encodeTxnRequest({
    compare: [{ key: Uint8Array.of(1), result: 'less', target: 'mod', number: 1 }],
    success: [],
    failure: [],
  });
  const [first] = wire.compare;
  const huge = {
    ...wire,
    compare: [{ ...first, targetUnion: { $case: 'modRevision', value: 2n ** 63n - 1n } }],
  };
  const bytesSent = encodeMessage(TxnRequest, huge as typeof wire);
  expect(decodeTxnRequest(decodeMessage(TxnRequest, bytesSent)).compare[0]).toMatchObject({
    number: Number.MAX_SAFE_INTEGER,
  });
});

it('refuses what it could only misread', () => {
  const plainRange = encodeRangeRequest({ key: Uint8Array.of(1) });
  const oddOrder = { ...plainRange, sortOrder: 9 as 0, sortTarget: 9 as 0 };
  expect(decodeRangeRequest(oddOrder)).toMatchObject({ sortOrder: 'none', sortTarget: 'key' });
  expect(() => decodeRangeRequest({ ...plainRange, sortTarget: 9 as 0 })).toThrow(
    expect.objectContaining({ code: 'etcd/invalid-sort-option' }),
  );
  const empty = { compare: [], success: [{ request: undefined }], failure: [] };
  expect(() => decodeTxnRequest(empty)).toThrow(expect.objectContaining({ code: 'etcd/key-not-found' }));
  const compareAgainstNews = {
    key: Uint8Array.of(1),
    rangeEnd: Uint8Array.of(),
    result: 0,
    target: 77 as 0,
    targetUnion: undefined,
  } as const;
  expect(() => decodeTxnRequest({ ...empty, success: [], compare: [compareAgainstNews] })).toThrow(
    expect.objectContaining({ code: 'etcd/malformed-message' }),
  );
});

it('cuts events into fragments without losing, moving or doubling one', () => {
  fc.assert(
    fc.property(fc.array(event), fc.integer({ min: 1, max: 600 }), (events, limitBytes) => {
      const said = { kind: 'events', revision: revision(3), events } as const;
      const whole = encodeWatchMessage({ header: headerAt(3), watchId: 1n }, said);
      const parts = fragmentsOf(whole, limitBytes);
      expect(parts.flatMap((part) => part.events)).toEqual(whole.events);
      expect(parts.map((part) => part.fragment)).toEqual(parts.map((_, index) => index < parts.length - 1));
      for (const part of parts) {
        const size = encodeMessage(WatchResponse, { ...part, header: undefined, watchId: 0n }).length;
        if (part.events.length > 1) expect(size).toBeLessThanOrEqual(limitBytes + part.events.length * 40);
      }
    }),
  );
});
