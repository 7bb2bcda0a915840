// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { leaseId, revision } from '../../model/index.js';
import { encodeMessage } from '../codec.js';
import { PutResponse, RangeResponse, TxnResponse } from '../gen/etcdserverpb/kv.js';
import { WatchResponse } from '../gen/etcdserverpb/watch.js';
import { hotAnswers } from './hot-answers.js';
import { watchEncoder } from './hot-events.js';
import { encodePutResponse, encodeRangeResponse } from './range.js';
import { encodeTxnResponse } from './txn.js';

const bytes = fc.uint8Array({ maxLength: 300 });
const counter = fc.oneof(fc.nat(300), fc.maxSafeNat());
const revisions = counter.map(revision);
const lease = fc.oneof(fc.constant(0n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)).map(leaseId);
const keyValue = fc.record({
  key: bytes,
  value: bytes,
  createRevision: revisions,
  modRevision: revisions,
  version: counter,
  lease,
});
const prevKv = fc.oneof(
  fc.constant({}),
  keyValue.map((prevKv) => ({ prevKv })),
);
const rangeAnswer = fc.record({
  revision: revisions,
  kvs: fc.array(keyValue, { maxLength: 5 }),
  more: fc.boolean(),
  count: counter,
});
const putAnswer = fc
  .record({ revision: revisions })
  .chain((put) => prevKv.map((prev) => ({ ...put, ...prev })));
const deleteAnswer = fc.record({
  revision: revisions,
  deleted: counter,
  prevKvs: fc.array(keyValue, { maxLength: 2 }),
});
const op = fc.oneof(
  rangeAnswer.map((response) => ({ kind: 'range', response }) as const),
  putAnswer.map((response) => ({ kind: 'put', response }) as const),
  deleteAnswer.map((response) => ({ kind: 'delete-range', response }) as const),
);
const txnAnswer = fc.record({
  revision: revisions,
  succeeded: fc.boolean(),
  responses: fc.array(op, { maxLength: 4 }),
});
const ids = fc.record({ clusterId: fc.bigInt(1n, 2n ** 64n - 1n), memberId: fc.bigInt(0n, 2n ** 64n - 1n) });

it('writes the same bytes as the generated encoders', () => {
  fc.assert(
    fc.property(ids, rangeAnswer, putAnswer, txnAnswer, (id, range, put, txn) => {
      const headerOf = (at: number) => ({ ...id, revision: at, raftTerm: 1n });
      const answers = hotAnswers(headerOf);
      const wanted = [
        encodeMessage(RangeResponse, encodeRangeResponse(range, headerOf(range.revision))),
        encodeMessage(PutResponse, encodePutResponse(put, headerOf(put.revision))),
        encodeMessage(TxnResponse, encodeTxnResponse(txn, headerOf(txn.revision))),
      ];
      const made = [answers.range(range), answers.put(put), answers.txn(txn)];
      expect(made.map(hexOf)).toEqual(wanted.map(hexOf));
    }),
  );
});

const event = fc.record({
  type: fc.constantFrom(0 as const, 1 as const),
  kv: keyValue,
  prevKv: fc.option(keyValue, { nil: undefined }),
});
const watchAnswer = fc.record({
  revision: counter,
  watchId: fc.bigInt(-1n, 2n ** 63n - 1n),
  events: fc.array(event, { maxLength: 4 }),
  fragment: fc.boolean(),
});

it('writes the same events as the generated encoder, to one watcher after another', () => {
  const encode = watchEncoder();
  fc.assert(
    fc.property(fc.array(watchAnswer, { minLength: 1, maxLength: 3 }), (answers) => {
      for (const { revision: at, ...rest } of [...answers, ...answers]) {
        const response = {
          ...rest,
          header: { clusterId: 2n ** 64n - 1n, memberId: 1n, revision: at, raftTerm: 1n },
          events: rest.events.map((one) => ({ ...one })),
          created: false,
          canceled: false,
          compactRevision: 0,
          cancelReason: '',
        };
        expect(hexOf(encode(response))).toBe(hexOf(encodeMessage(WatchResponse, response)));
      }
    }),
  );
});

function hexOf(message: Uint8Array): string {
  return Buffer.from(message).toString('hex');
}
