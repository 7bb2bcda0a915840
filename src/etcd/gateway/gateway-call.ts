// SPDX-License-Identifier: Apache-2.0

import type { Caller } from '../auth.js';
import { fail } from '../errors.js';
import type { Call } from '../grpc/method.js';
import type { PlainRequest, PlainResponse } from '../grpc/plain.js';
import { JsonFault } from './json-reader.js';
import { type JsonText, JsonValues } from './json-values.js';

/** A call as the methods know it. A certificate says nothing here: in etcd it would be the gateway's own. */
export function callOf(request: PlainRequest, response: PlainResponse): Call {
  const controller = new AbortController();
  const end = () => controller.abort(fail('etcd/cancelled', { reason: 'the client is gone' }));
  response.once('close', end);
  response.once('error', end);
  return { signal: controller.signal, caller: callerOf(request) };
}

function callerOf({ headers }: PlainRequest): Caller {
  const token =
    headers.authorization ?? headers['grpc-metadata-token'] ?? headers['grpc-metadata-authorization'];
  return token === undefined ? {} : { token: String(token) };
}

/**
 * The JSON values of a body as they come.
 *
 * @throws `JsonFault`; `etcd/message-too-large` for a value beyond the limit
 */
export async function* valuesOf(request: PlainRequest, limitBytes: number): AsyncGenerator<JsonText> {
  const values = new JsonValues();
  const decoder = new TextDecoder();
  let sizeBytes = 0;
  // Leaving the loop must not end the connection, on which the answer is to go.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Uint8Array)) throw new JsonFault('the body is no bytes');
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw fail('etcd/message-too-large', { sizeBytes, limitBytes });
    for (const value of values.push(decoder.decode(chunk, { stream: true }))) {
      sizeBytes = 0;
      yield value;
    }
  }
  yield* values.end();
}

/** The first value of a body, of which the rest is of no interest; an empty body stands for an empty message. */
export async function firstValueOf(request: PlainRequest, limitBytes: number): Promise<JsonText> {
  for await (const value of valuesOf(request, limitBytes)) return value;
  return { text: '{}', node: { kind: 'object', at: 0, raw: '{', fields: [] } };
}
