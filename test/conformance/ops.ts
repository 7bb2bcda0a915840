// SPDX-License-Identifier: Apache-2.0

import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Codec } from '../../src/etcd/codec.js';
import {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  type RequestOp,
  TxnRequest,
} from '../../src/etcd/gen/etcdserverpb/kv.js';

/** The message with these fields, all others empty. */
export function filled<T>(codec: Codec<T>, fields: Partial<T>): T {
  return { ...codec.decode(new BinaryReader(new Uint8Array(0)), 0), ...fields };
}

export function rangeOp(fields: Partial<RangeRequest>): RequestOp {
  return { request: { $case: 'requestRange', value: filled(RangeRequest, fields) } };
}

export function putOp(fields: Partial<PutRequest>): RequestOp {
  return { request: { $case: 'requestPut', value: filled(PutRequest, fields) } };
}

export function deleteOp(fields: Partial<DeleteRangeRequest>): RequestOp {
  return { request: { $case: 'requestDeleteRange', value: filled(DeleteRangeRequest, fields) } };
}

export function txnOp(fields: Partial<TxnRequest>): RequestOp {
  return { request: { $case: 'requestTxn', value: filled(TxnRequest, fields) } };
}

export function compareOf(fields: Partial<Compare>): Compare {
  return filled(Compare, fields);
}
