// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request without gRPC, over either version of HTTP. */
export type PlainRequest = IncomingMessage | Http2ServerRequest;
export type PlainResponse = ServerResponse | Http2ServerResponse;

/** Answers what is no gRPC. Rejects only by a defect. */
export type PlainListener = (request: PlainRequest, response: PlainResponse) => Promise<void>;

/** One whole answer. */
export interface PlainAnswer {
  readonly status: number;
  /** `application/json` when left out; empty: none. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What etcd lets any web page do. */
export const openToAll: Readonly<Record<string, string>> = {
  'access-control-allow-headers': 'accept, content-type, authorization',
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE',
  'access-control-allow-origin': '*',
};

export function sendAnswer(response: PlainResponse, answer: PlainAnswer): void {
  const body = Buffer.from(answer.body);
  const headers = {
    ...openToAll,
    'content-type': answer.type ?? 'application/json',
    'content-length': String(body.length),
    ...answer.headers,
  };
  for (const [name, value] of Object.entries(headers)) if (value !== '') response.setHeader(name, value);
  response.statusCode = answer.status;
  response.end(body);
}

/** The way Go's server says no. */
export function refusal(status: number, text: string, headers: Record<string, string> = {}): PlainAnswer {
  const type = 'text/plain; charset=utf-8';
  return { status, type, headers: { 'x-content-type-options': 'nosniff', ...headers }, body: `${text}\n` };
}
