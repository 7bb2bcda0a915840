// SPDX-License-Identifier: Apache-2.0

import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { Listening, ListenOptions, Log } from '../../effects/index.js';
import { isMusterError } from '../../model/index.js';
import type { Caller } from '../auth.js';
import { fail } from '../errors.js';
import type { CallCounts } from '../metrics/call-counts.js';
import { Budget } from './budget.js';
import { parseTimeout } from './header-text.js';
import type { Method } from './method.js';
import type { PlainListener, PlainRequest, PlainResponse } from './plain.js';
import { listenPort } from './port.js';
import { serveStreaming, serveUnary } from './serve-stream.js';
import { ServerCall } from './server-call.js';
import { findCertificateName, type ServerTls } from './server-tls.js';
import { unknownMethod } from './unknown-method.js';

export interface GrpcServerDeps {
  readonly methods: readonly Method[];
  readonly log: Log;
  readonly plain: PlainListener;
  readonly counts: CallCounts;
  /** A longer request is refused. */
  readonly maxMessageBytes: number;
  /** Left out: without TLS. */
  readonly tls?: ServerTls | undefined;
}

/** What all calls of one connection share. */
interface Connection {
  readonly requests: Budget;
  readonly answers: Budget;
  readonly streamed: Budget;
  readonly certificateName: string | undefined;
}

/** Bytes that may wait on one connection, see `Budget`. */
const requestBytes = 64 * 1024 * 1024;
const answerBytes = 64 * 1024 * 1024;
/** A client that sends longer headers, or more of them, is refused. */
const headerBytes = 64 * 1024;
const headerCount = 128;
/** Idle HTTP/1.1 connections are ended after this. */
const idleHttpMs = 60_000;

/**
 * Serves a method table as gRPC over HTTP/2. `close` fires the signal of every open call and
 * resolves when all handlers are done, so that what they use can be closed next.
 */
export async function serveGrpc(deps: GrpcServerDeps, options: ListenOptions): Promise<Listening> {
  const byPath = new Map(deps.methods.map((method) => [method.path, method]));
  const running = new Set<Promise<void>>();
  const run = (task: Promise<void>) => {
    const done = task.finally(() => running.delete(done));
    running.add(done);
  };
  const h2 = http2.createServer({
    maxSessionMemory: 64,
    maxHeaderListPairs: headerCount,
    settings: { maxConcurrentStreams: 10_000, maxHeaderListSize: headerBytes },
  });
  h2.on('session', (session) => {
    session.on('error', () => session.destroy());
    const connection = {
      requests: new Budget(requestBytes),
      answers: new Budget(answerBytes),
      streamed: new Budget(answerBytes),
      certificateName: deps.tls?.clientCertAuth === true ? findCertificateName(session.socket) : undefined,
    };
    const take = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      if (isGrpc(headers)) run(serveOne(deps, byPath, connection, stream, headers));
      else run(servePlain(deps, ...compatible(stream, headers)));
    };
    session.on('stream', take);
  });
  const h1 = http.createServer((request, response) => run(servePlain(deps, request, response)));
  h1.timeout = idleHttpMs;
  const port = await listenPort({ http2: h2, http1: h1 }, options, deps.tls);
  return {
    url: port.url,
    async close() {
      await port.close();
      await Promise.all(running);
    },
  };
}

function isGrpc(headers: http2.IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/grpc') === true;
}

/** The shapes of node:http, so that one listener serves both versions. */
function compatible(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
): [PlainRequest, PlainResponse] {
  stream.on('error', () => {});
  const request = new http2.Http2ServerRequest(
    stream,
    headers,
    {},
    Object.entries(headers).flat().map(String),
  );
  return [request, new http2.Http2ServerResponse(stream)];
}

async function servePlain(
  deps: GrpcServerDeps,
  request: PlainRequest,
  response: PlainResponse,
): Promise<void> {
  try {
    await deps.plain(request, response);
  } catch (error) {
    deps.log.error('a request failed by a defect', { path: request.url ?? '', error: String(error) });
    if (!response.headersSent) response.statusCode = 500;
    response.end();
  } finally {
    request.resume();
  }
}

async function serveOne(
  deps: GrpcServerDeps,
  byPath: ReadonlyMap<string, Method>,
  connection: Connection,
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
): Promise<void> {
  const path = headers[':path'] ?? '';
  const call = new ServerCall(stream, callerOf(headers, connection), connection.answers, connection.streamed);
  const limits = { messageBytes: deps.maxMessageBytes, requests: connection.requests };
  deps.counts.start(path);
  try {
    const method = checkCall(byPath, path, headers);
    if (headers['grpc-timeout'] !== undefined) call.limitTime(timeoutOf(String(headers['grpc-timeout'])));
    if (method.kind === 'unary') await serveUnary(stream, method, call, limits);
    else await serveStreaming(stream, method, call, limits);
  } catch (error) {
    if (!isMusterError(error)) deps.log.error('a call failed by a defect', { path, error: String(error) });
    call.refuse(error);
  }
  deps.counts.end(path, call.endStatus);
}

/** etcd takes the token under either name. */
function callerOf(headers: http2.IncomingHttpHeaders, { certificateName }: Connection): Caller {
  const token = headers.token ?? headers.authorization;
  return {
    ...(token === undefined ? {} : { token: String(token) }),
    ...(certificateName === undefined ? {} : { certificateName }),
  };
}

function checkCall(
  byPath: ReadonlyMap<string, Method>,
  path: string,
  headers: http2.IncomingHttpHeaders,
): Method {
  const method = byPath.get(path);
  if (method === undefined) throw unknownMethod(path, byPath.keys());
  const encoding = headers['grpc-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw fail('etcd/compressed-message');
  return method;
}

function timeoutOf(value: string): number {
  const ms = parseTimeout(value);
  if (ms === undefined) throw fail('etcd/malformed-message', { reason: `grpc-timeout "${value}"` });
  // Node's timers end at 2^31-1 ms and fire at once beyond.
  return Math.min(ms, 2_147_483_647);
}
