// SPDX-License-Identifier: Apache-2.0

import { encodeMessage } from '../src/etcd/codec.js';
import { PutRequest, RangeRequest, TxnRequest } from '../src/etcd/gen/etcdserverpb/kv.js';
import { WatchRequest } from '../src/etcd/gen/etcdserverpb/watch.js';
import type { Op } from '../src/etcd/kv.js';
import { encodePutRequest, encodeRangeRequest } from '../src/etcd/wire/range.js';
import { encodeTxnRequest } from '../src/etcd/wire/txn.js';
import { encodeWatchCreate } from '../src/etcd/wire/watch.js';

/** The keys that most measurements are about: 32 bytes each, loaded beforehand. */
export const keyCount = 10_000;
const value = Buffer.alloc(256, 'x');

export function keyOf(index: number): string {
  return `/registry/pods/bench/${String(index).padStart(11, '0')}`;
}

export function putRequest(key: string): Uint8Array {
  return encodeMessage(PutRequest, encodePutRequest({ key: Buffer.from(key), value }));
}

/** Linearizable, as a client asks by default. */
export function getRequest(key: string): Uint8Array {
  return encodeMessage(RangeRequest, encodeRangeRequest({ key: Buffer.from(key) }));
}

export function listRequest(from: string, limit: number): Uint8Array {
  const range = { key: Buffer.from(from), rangeEnd: Uint8Array.of(0), limit };
  return encodeMessage(RangeRequest, encodeRangeRequest(range));
}

/** A txn that puts so many keys from `first` on. */
export function fillRequest(first: number, count: number): Uint8Array {
  const keys = Array.from({ length: count }, (_, index) => Buffer.from(keyOf(first + index)));
  const success = keys.map((key): Op => ({ kind: 'put', request: { key, value } }));
  return encodeMessage(TxnRequest, encodeTxnRequest({ compare: [], success, failure: [] }));
}

export function watchRequest(key: string): Uint8Array {
  const create = encodeWatchCreate({ key: Buffer.from(key) });
  return encodeMessage(WatchRequest, { requestUnion: { $case: 'createRequest', value: create } });
}

/** Puts the key if it is there. */
export function txnRequest(key: string): Uint8Array {
  const bytes = Buffer.from(key);
  return encodeMessage(
    TxnRequest,
    encodeTxnRequest({
      compare: [{ key: bytes, target: 'mod', result: 'greater', number: 0 }],
      success: [{ kind: 'put', request: { key: bytes, value } }],
      failure: [{ kind: 'range', request: { key: bytes } }],
    }),
  );
}

/** One for each of `count` keys, in an order that jumps about as real ones do, the same every time. */
export function messagesOf(make: (key: string) => Uint8Array, count = keyCount): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, index) => make(keyOf((index * 7919) % count)));
}
