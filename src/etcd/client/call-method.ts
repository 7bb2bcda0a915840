// SPDX-License-Identifier: Apache-2.0

import { decodeMessage, encodeMessage } from '../codec.js';
import type { GrpcClient } from '../grpc/client.js';
import type { MethodSpec } from '../methods.js';

/** One request there, one response back. A stream of which one of each is wanted can be called like this too. */
export type CallMethod = <Req, Res>(spec: MethodSpec<Req, Res>, request: Req) => Promise<Res>;

export function callOver(client: GrpcClient): CallMethod {
  return async (spec, request) =>
    decodeMessage(spec.response, await client.unary(spec.path, encodeMessage(spec.request, request)));
}
