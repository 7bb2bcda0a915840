// SPDX-License-Identifier: Apache-2.0

import { isMusterError } from '../../model/index.js';
import { statusOfError } from '../errors.js';
import type { Call, Method } from '../grpc/method.js';
import {
  openToAll,
  type PlainAnswer,
  type PlainListener,
  type PlainResponse,
  sendAnswer,
} from '../grpc/plain.js';
import { letBeSilent, openLines, writeLine } from '../grpc/plain-lines.js';
import { unknownMethod } from '../grpc/unknown-method.js';
import type { MethodSchema, ProtoSchema } from '../schema/schema.js';
import { callOf, firstValueOf, valuesOf } from './gateway-call.js';
import { messageOfJson } from './json-decode.js';
import { jsonOfMessage } from './json-encode.js';
import { JsonFault } from './json-reader.js';
import type { JsonText } from './json-values.js';
import { gatewayMethodOf } from './routes.js';

export interface GatewayDeps {
  readonly methods: readonly Method[];
  readonly schema: () => Promise<ProtoSchema>;
  /** A longer message is refused. */
  readonly maxMessageBytes: number;
}

type Streaming = Extract<Method, { kind: 'stream' }>;

/**
 * etcd's JSON gateway: `POST /v3/…` with a message as JSON, answered by the very methods that gRPC calls. What
 * streams is answered with one `{"result": …}` a line.
 *
 * In the form of etcd 3.5 as Debian 13 has it, and of 3.6 (grpc-gateway 2): `{"code": …, "message": …}` when refused.
 */
export function serveGateway(deps: GatewayDeps): PlainListener {
  const byPath = new Map(deps.methods.map((method) => [method.path, method]));
  const limitBytes = Math.ceil(deps.maxMessageBytes * 1.5);
  return async (request, response) => {
    const path = gatewayMethodOf(pathOf(request.url ?? ''));
    if (path === undefined) return sendAnswer(response, refusal(404, 5, 'Not Found'));
    if (request.method !== 'POST') return sendAnswer(response, refusal(501, 12, 'Method Not Allowed'));
    const method = byPath.get(path);
    const schema = (await deps.schema()).methods.get(path);
    const call = callOf(request, response);
    try {
      if (method === undefined || schema === undefined) throw unknownMethod(path, byPath.keys());
      if (method.kind === 'stream') {
        letBeSilent(request);
        const messages = messagesOf(schema, valuesOf(request, limitBytes));
        return await answerStream({ method, schema, call, response }, messages);
      }
      const message = messageOfJson(schema.request, await firstValueOf(request, limitBytes));
      const answer = await method.handle(message, call);
      sendAnswer(response, goodAnswer(JSON.stringify(jsonOfMessage(schema.response, answer))));
    } catch (error) {
      sendAnswer(response, badAnswer(error));
    }
  };
}

function pathOf(url: string): string {
  return url.replace(/\?.*$/s, '');
}

/** What is no message ends them, as in etcd: the method is not told why. */
async function* messagesOf(
  schema: MethodSchema,
  values: AsyncIterable<JsonText>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const value of values) yield messageOfJson(schema.request, value);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
  }
}

interface StreamParts {
  readonly method: Streaming;
  readonly schema: MethodSchema;
  readonly call: Call;
  readonly response: PlainResponse;
}

/**
 * Headers go out with the first line, so that a call that fails at once has a status of its own; one that ends
 * without a line has none to say of what kind they are.
 */
async function answerStream(parts: StreamParts, messages: AsyncIterable<Uint8Array>): Promise<void> {
  const { method, schema, call, response } = parts;
  try {
    for await (const message of method.handle(messages, call)) {
      if (call.signal.aborted) break;
      openLines(response, 200, answerHeaders);
      await writeLine(response, { result: jsonOfMessage(schema.response, message) }, call.signal);
    }
  } catch (error) {
    const { status, ...fault } = faultOf(error);
    openLines(response, status, openToAll);
    if (!call.signal.aborted) await writeLine(response, { error: fault }, call.signal);
  }
  response.end();
}

const answerHeaders = { ...openToAll, 'grpc-metadata-content-type': 'application/grpc' };

function goodAnswer(body: string): PlainAnswer {
  return { status: 200, headers: answerHeaders, body };
}

function refusal(status: number, code: number, message: string): PlainAnswer {
  return { status, body: JSON.stringify({ code, message }) };
}

function badAnswer(error: unknown): PlainAnswer {
  const { code, status, message } = faultOf(error);
  return refusal(status, code, message);
}

function faultOf(error: unknown): {
  readonly code: number;
  readonly status: number;
  readonly message: string;
} {
  if (error instanceof JsonFault) return { code: 3, status: 400, message: error.message };
  const { status: code, text } = statusOfError(error);
  return { code, status: isMusterError(error) ? error.httpStatus : 500, message: text };
}
