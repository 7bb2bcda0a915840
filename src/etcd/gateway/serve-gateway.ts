// SPDX-License-Identifier: Apache-2.0

import { isMusterError } from '../../model/index.js';
import { fail, statusOfError } from '../errors.js';
import type { Call, Method } from '../grpc/method.js';
import {
  openToAll,
  type PlainAnswer,
  type PlainListener,
  type PlainResponse,
  refusal,
  sendAnswer,
} from '../grpc/plain.js';
import { letBeSilent, openLines, statusTextOf, writeLine } from '../grpc/plain-lines.js';
import type { MethodSchema, ProtoSchema } from '../schema/schema.js';
import { callOf, firstValueOf, valuesOf } from './gateway-call.js';
import { messageOfJson } from './json-decode.js';
import { jsonOfMessage } from './json-encode.js';
import { JsonFault } from './json-values.js';
import { gatewayRoutes } from './routes.js';

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
 */
export function serveGateway(deps: GatewayDeps): PlainListener {
  const byPath = new Map(deps.methods.map((method) => [method.path, method]));
  const limitBytes = Math.ceil(deps.maxMessageBytes * 1.5);
  return async (request, response) => {
    const path = gatewayRoutes.get(pathOf(request.url ?? ''));
    if (path === undefined) return sendAnswer(response, refusal(404, 'Not Found'));
    if (request.method !== 'POST') return sendAnswer(response, refusal(405, 'Method Not Allowed'));
    const method = byPath.get(path);
    const schema = (await deps.schema()).methods.get(path);
    const call = callOf(request, response);
    try {
      if (method === undefined || schema === undefined) throw unknownMethod(path);
      if (method.kind === 'stream') {
        letBeSilent(request);
        const messages = await openMessages(schema, valuesOf(request, limitBytes));
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

function unknownMethod(path: string): Error {
  const [, service, name] = path.split('/');
  return fail('etcd/unimplemented', { reason: `unknown method ${name} for service ${service}` });
}

/** Waits for the first message, whose faults are the call's; a later one that is none is the last, as in etcd. */
async function openMessages(
  schema: MethodSchema,
  values: AsyncGenerator<unknown>,
): Promise<AsyncIterable<Uint8Array>> {
  const first = await nextMessage(schema, values);
  return (async function* () {
    for (let message = first; message !== undefined; ) {
      yield message;
      message = await nextMessage(schema, values).catch(() => undefined);
    }
  })();
}

async function nextMessage(
  schema: MethodSchema,
  values: AsyncGenerator<unknown>,
): Promise<Uint8Array | undefined> {
  try {
    const next = await values.next();
    return next.done === true ? undefined : messageOfJson(schema.request, next.value);
  } catch (error) {
    // The gateway of etcd does not know what to make of it here.
    throw error instanceof JsonFault ? fail('etcd/unknown', { reason: error.message }, error) : error;
  }
}

interface StreamParts {
  readonly method: Streaming;
  readonly schema: MethodSchema;
  readonly call: Call;
  readonly response: PlainResponse;
}

/** Headers go out with the first line, so that a call that fails at once has a status of its own. */
async function answerStream(parts: StreamParts, messages: AsyncIterable<Uint8Array>): Promise<void> {
  const { method, schema, call, response } = parts;
  try {
    for await (const message of method.handle(messages, call)) {
      if (call.signal.aborted) break;
      openLines(response, 200, answerHeaders);
      await writeLine(response, { result: jsonOfMessage(schema.response, message) }, call.signal);
    }
    openLines(response, 200, answerHeaders);
  } catch (error) {
    const { code, status, message } = faultOf(error);
    openLines(response, status, answerHeaders);
    const http_status = statusTextOf(status);
    const told = { error: { grpc_code: code, http_code: status, message, http_status } };
    if (!call.signal.aborted) await writeLine(response, told, call.signal);
  }
  response.end();
}

const answerHeaders = { ...openToAll, 'grpc-metadata-content-type': 'application/grpc' };

function goodAnswer(body: string): PlainAnswer {
  return { status: 200, headers: answerHeaders, body };
}

function badAnswer(error: unknown): PlainAnswer {
  const { code, status, message } = faultOf(error);
  return { status, body: JSON.stringify({ error: message, message, code }) };
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
