// SPDX-License-Identifier: Apache-2.0

import type { Method } from '../grpc/method.js';
import { methods } from '../methods.js';
import {
  decodeDeleteRangeRequest,
  decodePutRequest,
  decodeRangeRequest,
  encodeDeleteRangeResponse,
  encodePutResponse,
  encodeRangeResponse,
} from '../wire/range.js';
import { decodeTxnRequest, encodeTxnResponse } from '../wire/txn.js';
import { unary, write } from './handlers.js';
import { headerOf } from './header.js';
import { deleteNeeds, putNeeds, readNeeds, txnNeeds } from './needs.js';
import type { ServedParts } from './parts.js';

/** Service etcdserverpb.KV over any `Kv`, which does the checking. */
export function kvMethods({ kv, identity, guard }: ServedParts): readonly Method[] {
  return [
    unary(methods.range, async (wire, call) => {
      const request = decodeRangeRequest(wire);
      if (guard.isOn(call)) guard.check(call, readNeeds(request));
      const response = await kv.range(request);
      return encodeRangeResponse(response, headerOf(identity, response.revision));
    }),
    write(methods.put, async (wire, call) => {
      const request = decodePutRequest(wire);
      if (guard.isOn(call)) guard.check(call, await putNeeds(kv, request));
      const response = await kv.put(request);
      return encodePutResponse(response, headerOf(identity, response.revision));
    }),
    write(methods.deleteRange, async (wire, call) => {
      const request = decodeDeleteRangeRequest(wire);
      if (guard.isOn(call)) guard.check(call, deleteNeeds(request));
      const response = await kv.deleteRange(request);
      return encodeDeleteRangeResponse(response, headerOf(identity, response.revision));
    }),
    write(methods.txn, async (wire, call) => {
      const request = decodeTxnRequest(wire);
      if (guard.isOn(call)) guard.check(call, txnNeeds(request));
      const response = await kv.txn(request);
      return encodeTxnResponse(response, headerOf(identity, response.revision));
    }),
    unary(methods.compact, async (request, call) => {
      guard.check(call, []);
      const revision = await kv.compact(request.revision, { physical: request.physical });
      return { header: headerOf(identity, revision) };
    }),
  ];
}
