// SPDX-License-Identifier: Apache-2.0

import type { Revision } from '../../model/index.js';
import { fail } from '../errors.js';
import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import type {
  RequestOp,
  ResponseOp,
  TxnRequest as WireTxnRequest,
  TxnResponse as WireTxnResponse,
} from '../gen/etcdserverpb/kv.js';
import type { Op, OpResponse, TxnRequest, TxnResponse } from '../kv.js';
import { decodeCompare, encodeCompare } from './compare.js';
import { decodeHeader } from './key-value.js';
import {
  decodeDeleteRangeRequest,
  decodeDeleteRangeResponse,
  decodePutRequest,
  decodePutResponse,
  decodeRangeRequest,
  decodeRangeResponse,
  encodeDeleteRangeRequest,
  encodeDeleteRangeResponse,
  encodePutRequest,
  encodePutResponse,
  encodeRangeRequest,
  encodeRangeResponse,
} from './range.js';

/** @throws `etcd/key-not-found` for an empty op, as etcd does; what its ops and compares throw */
export function decodeTxnRequest(wire: WireTxnRequest): TxnRequest {
  return {
    compare: wire.compare.map(decodeCompare),
    success: wire.success.map(decodeOp),
    failure: wire.failure.map(decodeOp),
  };
}

export function encodeTxnRequest(request: TxnRequest): WireTxnRequest {
  return {
    compare: request.compare.map(encodeCompare),
    success: request.success.map(encodeOp),
    failure: request.failure.map(encodeOp),
  };
}

export function decodeTxnResponse(wire: WireTxnResponse): TxnResponse {
  return decodeTxnAt(wire, decodeHeader(wire.header));
}

/** A transaction within another one comes without a revision: it is that of the whole. */
function decodeTxnAt(wire: WireTxnResponse, revision: Revision): TxnResponse {
  const responses = wire.responses.map((response) => decodeOpResponse(response, revision));
  return { revision, succeeded: wire.succeeded, responses };
}

export function encodeTxnResponse(response: TxnResponse, header: ResponseHeader): WireTxnResponse {
  return { header, succeeded: response.succeeded, responses: response.responses.map(encodeOpResponse) };
}

function decodeOp(wire: RequestOp): Op {
  const op = wire.request;
  switch (op?.$case) {
    case 'requestRange':
      return { kind: 'range', request: decodeRangeRequest(op.value) };
    case 'requestPut':
      return { kind: 'put', request: decodePutRequest(op.value) };
    case 'requestDeleteRange':
      return { kind: 'delete-range', request: decodeDeleteRangeRequest(op.value) };
    case 'requestTxn':
      return { kind: 'txn', request: decodeTxnRequest(op.value) };
    case undefined:
      throw fail('etcd/key-not-found');
  }
}

function encodeOp(op: Op): RequestOp {
  switch (op.kind) {
    case 'range':
      return { request: { $case: 'requestRange', value: encodeRangeRequest(op.request) } };
    case 'put':
      return { request: { $case: 'requestPut', value: encodePutRequest(op.request) } };
    case 'delete-range':
      return { request: { $case: 'requestDeleteRange', value: encodeDeleteRangeRequest(op.request) } };
    case 'txn':
      return { request: { $case: 'requestTxn', value: encodeTxnRequest(op.request) } };
  }
}

function decodeOpResponse(wire: ResponseOp, revision: Revision): OpResponse {
  const op = wire.response;
  switch (op?.$case) {
    case 'responseRange':
      return { kind: 'range', response: decodeRangeResponse(op.value) };
    case 'responsePut':
      return { kind: 'put', response: decodePutResponse(op.value) };
    case 'responseDeleteRange':
      return { kind: 'delete-range', response: decodeDeleteRangeResponse(op.value) };
    case 'responseTxn':
      return { kind: 'txn', response: decodeTxnAt(op.value, revision) };
    case undefined:
      throw fail('etcd/malformed-message', { reason: 'empty answer in a transaction' });
  }
}

function encodeOpResponse(op: OpResponse): ResponseOp {
  switch (op.kind) {
    case 'range': {
      const value = encodeRangeResponse(op.response, innerHeader(op.response.revision));
      return { response: { $case: 'responseRange', value } };
    }
    case 'put': {
      const value = encodePutResponse(op.response, innerHeader(op.response.revision));
      return { response: { $case: 'responsePut', value } };
    }
    case 'delete-range': {
      const value = encodeDeleteRangeResponse(op.response, innerHeader(op.response.revision));
      return { response: { $case: 'responseDeleteRange', value } };
    }
    case 'txn': {
      // In etcd a transaction within another one has an empty header.
      const value = encodeTxnResponse(op.response, innerHeader(0));
      return { response: { $case: 'responseTxn', value } };
    }
  }
}

/** etcd fills in only the revision here. */
function innerHeader(revision: number): ResponseHeader {
  return { clusterId: 0n, memberId: 0n, revision, raftTerm: 0n };
}
