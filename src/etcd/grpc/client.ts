// SPDX-License-Identifier: Apache-2.0

import type { ClientHttp2Session } from 'node:http2';
import type { MusterError } from '../../model/index.js';
import { fail } from '../errors.js';
import { ClientCall } from './client-call.js';
import { type ClientTls, openSession, reasonOf } from './client-session.js';
import { renderTimeout } from './header-text.js';

export interface GrpcClientOptions {
  /** Of one unary call, and of opening a stream; connecting included. */
  readonly timeoutMs: number;
  /** A longer answer is refused. */
  readonly maxMessageBytes: number;
  readonly tls?: ClientTls | undefined;
}

/** Of one try at one endpoint, so that the next one gets its turn within the time of the call. */
const connectMs = 2_000;

/**
 * gRPC over one HTTP/2 connection, which is opened when first needed and again after it broke, to the first
 * endpoint that accepts. An endpoint whose connection broke is tried last.
 */
export class GrpcClient {
  private session: Promise<ClientHttp2Session> | undefined;
  /** The same, once it is connected. */
  private current: ClientHttp2Session | undefined;
  /** Endpoints in the order of the next attempt: the one in use stands last. */
  private order: readonly string[];
  private isClosed = false;

  constructor(
    endpoints: readonly string[],
    private readonly options: GrpcClientOptions,
  ) {
    if (endpoints.length === 0) throw fail('etcd/bad-endpoint', { endpoint: '' });
    this.order = endpoints.map(checkEndpoint);
  }

  /** One message there, one back. @throws what the server answered; `etcd/unavailable`, `etcd/deadline-exceeded` */
  async unary(path: string, message: Uint8Array): Promise<Uint8Array> {
    const started = performance.now();
    const call = await this.open(path, this.options.timeoutMs);
    const left = this.options.timeoutMs - (performance.now() - started);
    const timer = setTimeout(() => call.cancel(this.late(path)), left);
    call.sendEnd(message);
    try {
      return await only(call);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A call with many messages both ways, without a time limit once the first one has come. */
  async stream(path: string): Promise<ClientCall> {
    const call = await this.open(path);
    call.limitStart(this.options.timeoutMs, () => this.late(path));
    return call;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const session = await this.session?.catch(() => undefined);
    if (session === undefined || session.destroyed) return;
    await new Promise<void>((resolve) => {
      session.once('close', () => resolve());
      session.destroy();
    });
  }

  private late(path: string): MusterError {
    return fail('etcd/deadline-exceeded', { reason: `${path} took more than ${this.options.timeoutMs} ms` });
  }

  private async open(path: string, timeoutMs?: number): Promise<ClientCall> {
    const session = await this.connected();
    try {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...(timeoutMs === undefined ? {} : { 'grpc-timeout': renderTimeout(timeoutMs) }),
      });
      return new ClientCall(stream, this.options.maxMessageBytes);
    } catch (error) {
      throw fail('etcd/unavailable', { reason: reasonOf(error) }, error);
    }
  }

  private async connected(): Promise<ClientHttp2Session> {
    if (this.isClosed) throw fail('etcd/unavailable', { reason: 'the client was closed' });
    // A session that just died may not have said so yet.
    if (this.current?.closed === true || this.current?.destroyed === true) this.forget(this.current);
    this.session ??= this.connect();
    return this.session;
  }

  private async connect(): Promise<ClientHttp2Session> {
    try {
      return await this.connectFirst();
    } catch (error) {
      this.session = undefined;
      throw error;
    }
  }

  private async connectFirst(): Promise<ClientHttp2Session> {
    const failures: unknown[] = [];
    const perTry = Math.min(connectMs, this.options.timeoutMs / this.order.length);
    for (const endpoint of this.order) {
      try {
        const session = await openSession(endpoint, perTry, this.options.tls);
        this.watchOver(session, endpoint);
        return session;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    const reason = failures.map(reasonOf).join('; ');
    throw fail(
      'etcd/unavailable',
      { reason: reason.replaceAll('etcd cannot be reached: ', '') },
      failures[0],
    );
  }

  private watchOver(session: ClientHttp2Session, endpoint: string): void {
    this.current = session;
    this.order = [...this.order.filter((other) => other !== endpoint), endpoint];
    session.once('close', () => this.forget(session));
    // After this the server takes no new call; those under way go on.
    session.once('goaway', () => this.forget(session));
    if (this.isClosed) session.destroy();
  }

  private forget(session: ClientHttp2Session): void {
    if (this.current !== session) return;
    this.current = undefined;
    this.session = undefined;
  }
}

async function only(call: ClientCall): Promise<Uint8Array> {
  const seen: Uint8Array[] = [];
  for await (const message of call.messages) seen.push(message);
  const [message] = seen;
  if (message === undefined || seen.length > 1) {
    throw fail('etcd/malformed-message', { reason: `${seen.length} messages where one was due` });
  }
  return message;
}

function checkEndpoint(endpoint: string): string {
  const text = endpoint.includes('://') ? endpoint : `http://${endpoint}`;
  const isGood = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isGood) throw fail('etcd/bad-endpoint', { endpoint });
  return text;
}
