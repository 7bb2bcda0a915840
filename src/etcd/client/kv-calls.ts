// SPDX-License-Identifier: Apache-2.0

import type { Kv } from '../kv.js';
import { methods } from '../methods.js';
import { decodeHeader } from '../wire/key-value.js';
import {
  decodeDeleteRangeResponse,
  decodePutResponse,
  decodeRangeResponse,
  encodeDeleteRangeRequest,
  encodePutRequest,
  encodeRangeRequest,
} from '../wire/range.js';
import { decodeTxnResponse, encodeTxnRequest } from '../wire/txn.js';
import type { CallMethod } from './call-method.js';

/** Reading and writing keys over gRPC. */
export function kvCalls(call: CallMethod): Pick<Kv, 'range' | 'put' | 'deleteRange' | 'txn' | 'compact'> {
  return {
    range: async (request) => decodeRangeResponse(await call(methods.range, encodeRangeRequest(request))),
    put: async (request) => decodePutResponse(await call(methods.put, encodePutRequest(request))),
    deleteRange: async (request) =>
      decodeDeleteRangeResponse(await call(methods.deleteRange, encodeDeleteRangeRequest(request))),
    txn: async (request) => decodeTxnResponse(await call(methods.txn, encodeTxnRequest(request))),
    async compact(revision, options = {}) {
      const wire = await call(methods.compact, { revision, physical: options.physical ?? false });
      return decodeHeader(wire.header);
    },
  };
}
