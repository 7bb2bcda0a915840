// SPDX-License-Identifier: Apache-2.0

import { encodeMessage } from '../codec.js';
import type { Method } from '../grpc/method.js';
import { methods } from '../methods.js';
import { hotAnswers } from '../wire/hot-answers.js';
import {
  decodeDeleteRangeRequest,
  decodePutRequest,
  decodeRangeRequest,
  encodeDeleteRangeResponse,
} from '../wire/range.js';
import { decodeTxnRequest } from '../wire/txn.js';
import { unary, unaryBytes, writeBytes } from './handlers.js';
import { headerOf } from './header.js';
import { deleteNeeds, putNeeds, readNeeds, txnNeeds } from './needs.js';
import type { ServedParts } from './parts.js';

/** Service etcdserverpb.KV over any `Kv`, which does the checking. */
export function kvMethods({ kv, identity, guard, checks }: ServedParts): readonly Method[] {
  const answers = hotAnswers((revision) => headerOf(identity, revision));
  return [
    unaryBytes(methods.range, async (wire, call) => {
      const request = decodeRangeRequest(wire);
      if (guard.isOn()) {
        checks?.range(request);
        guard.check(call, readNeeds(request));
      }
      return answers.range(await kv.range(request));
    }),
    writeBytes(methods.put, async (wire, call) => {
      const request = decodePutRequest(wire);
      if (guard.isOn()) {
        checks?.put(request);
        guard.check(call, await putNeeds(kv, request));
      }
      return answers.put(await kv.put(request));
    }),
    writeBytes(methods.deleteRange, async (wire, call) => {
      const request = decodeDeleteRangeRequest(wire);
      if (guard.isOn()) {
        checks?.deleteRange(request);
        guard.check(call, deleteNeeds(request));
      }
      const response = await kv.deleteRange(request);
      const answer = encodeDeleteRangeResponse(response, headerOf(identity, response.revision));
      return encodeMessage(methods.deleteRange.response, answer);
    }),
    writeBytes(methods.txn, async (wire, call) => {
      const request = decodeTxnRequest(wire);
      if (guard.isOn()) {
        checks?.txn(request);
        guard.check(call, txnNeeds(request));
      }
      return answers.txn(await kv.txn(request));
    }),
    unary(methods.compact, async (request, call) => {
      guard.check(call, []);
      const revision = await kv.compact(request.revision, { physical: request.physical });
      return { header: headerOf(identity, revision) };
    }),
  ];
}
