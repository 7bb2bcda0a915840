// SPDX-License-Identifier: Apache-2.0

import * as http from 'node:http';
import * as https from 'node:https';

/**
 * One HTTP face of muster: no socket, no state of its own. `connection` is what the server knows of the caller
 * beyond its request; handlers pass it on untouched.
 */
export type Handler = (request: Request, connection?: unknown) => Promise<Response>;

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface GetOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of one try, connection included; 10000 when left out. */
  readonly timeoutMs?: number;
  /** Certificates in PEM: the only authorities that count for https; those of the system when left out. */
  readonly ca?: string;
  /** A longer body is refused; 16 MiB when left out. */
  readonly maxBytes?: number;
}

/**
 * Fetches a URL whole. Redirects are not followed. Any status is an answer; no answer is thrown.
 * Made of node:http because loading the global `fetch` alone takes as long as starting Node.
 */
export type HttpGet = (url: string, options?: GetOptions) => Promise<HttpAnswer>;

export const realHttpGet: HttpGet = (url, options = {}) =>
  new Promise((resolve, reject) => {
    const maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 10_000);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
    const get = url.startsWith('https:') ? https.get : http.get;
    const { ca } = options;
    const trust = ca === undefined ? {} : { ca };
    const request = get(url, { signal, headers: { ...options.headers }, ...trust }, (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBytes) request.destroy(new Error(`the answer is larger than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headers),
          body: Buffer.concat(chunks),
        });
      });
    });
    request.on('error', reject);
  });

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface Listening {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  /** Ends open connections too; may be called again. */
  close(): Promise<void>;
}

/**
 * Connections that wait to be taken; the kernel lowers it to `net.core.somaxconn`. Node's own 511 is too few where a
 * whole hall of machines boots at once: what does not fit is dropped, asks again after one, three, seven seconds, and
 * is reset in the end.
 */
const listenBacklog = 65_535;

/** Serves a handler over HTTP/1.1. A taken port is thrown as Node's error (`EADDRINUSE`, `EACCES`). */
export async function listen(handler: Handler, options: ListenOptions): Promise<Listening> {
  const { createAdaptorServer } = await import('@hono/node-server');
  const server = createAdaptorServer({
    fetch: (request, connection) => handler(request, connection),
  }) as http.Server;
  // A client that says nothing must not hold a socket for ever.
  server.headersTimeout = 60_000;
  server.requestTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, backlog: listenBacklog }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
