// SPDX-License-Identifier: Apache-2.0

import { decodeMessage, encodeMessage } from '../codec.js';
import { fail } from '../errors.js';
import type { Call, Method } from '../grpc/method.js';
import type { MethodSpec } from '../methods.js';

/** etcd's own limit on what one write may hold. */
export const maxRequestBytes = 1.5 * 1024 * 1024;

/** A unary row of the served table: bytes in, bytes out, typed in between. */
export function unary<Req, Res>(
  spec: MethodSpec<Req, Res>,
  handle: (request: Req, call: Call) => Promise<Res>,
): Method {
  return unaryBytes(spec, async (request, call) => encodeMessage(spec.response, await handle(request, call)));
}

/** As `unary`, for a handler that makes the bytes of its answer by itself. */
export function unaryBytes<Req>(
  { path, request }: MethodSpec<Req, unknown>,
  handle: (request: Req, call: Call) => Promise<Uint8Array>,
): Method {
  return {
    kind: 'unary',
    path,
    handle: async (message, call) => handle(decodeMessage(request, message), call),
  };
}

/** As `unaryBytes`, for what the store would have to write down: `etcd/request-too-large` beyond etcd's limit. */
export function writeBytes<Req>(
  { path, request }: MethodSpec<Req, unknown>,
  handle: (request: Req, call: Call) => Promise<Uint8Array>,
): Method {
  return {
    kind: 'unary',
    path,
    async handle(message, call) {
      if (message.length > maxRequestBytes) throw fail('etcd/request-too-large');
      return handle(decodeMessage(request, message), call);
    },
  };
}

/** A streaming row of the served table. @param encode left out: the generated one */
export function streaming<Req, Res>(
  spec: MethodSpec<Req, Res>,
  handle: (requests: AsyncIterable<Req>, call: Call) => AsyncIterable<Res>,
  encode = (response: Res) => encodeMessage(spec.response, response),
): Method {
  return {
    kind: 'stream',
    path: spec.path,
    async *handle(messages, call) {
      for await (const response of handle(decodeAll(spec, messages), call)) {
        const make = () => encode(response);
        yield call.admit === undefined ? make() : await call.admit(make);
      }
    },
  };
}

async function* decodeAll<Req>(
  spec: MethodSpec<Req, unknown>,
  messages: AsyncIterable<Uint8Array>,
): AsyncGenerator<Req> {
  for await (const message of messages) yield decodeMessage(spec.request, message);
}
