// SPDX-License-Identifier: Apache-2.0

import * as http2 from 'node:http2';

/** How a call ended, and the bytes of each message that came before. */
export interface WireAnswer {
  /** gRPC status; -1 when the connection broke first. */
  readonly status: number;
  readonly text: string;
  readonly messages: readonly Uint8Array[];
}

export interface WireStream {
  send(message: Uint8Array): void;
  /** No more will be sent. */
  end(): void;
  /** The next message; `undefined` when the call has ended or nothing came in that time. */
  next(timeoutMs: number): Promise<Uint8Array | undefined>;
  readonly ended: Promise<WireAnswer>;
  cancel(): void;
}

/**
 * gRPC with nothing of muster in it, so that a fault of muster's client cannot hide one of its server. One
 * connection; messages are bytes.
 */
export interface Wire {
  unary(path: string, message: Uint8Array, metadata?: Readonly<Record<string, string>>): Promise<WireAnswer>;
  stream(path: string, metadata?: Readonly<Record<string, string>>): WireStream;
  close(): void;
}

const patienceMs = 15_000;
const none: Buffer = Buffer.alloc(0);

export function openWire(url: string): Wire {
  const session = http2.connect(url, { settings: { initialWindowSize: 4 * 1024 * 1024 } });
  // Each call hears of it by its own end.
  session.on('error', () => {});
  const stream: Wire['stream'] = (path, metadata = {}) =>
    wireStream(session.request({ ...metadata, ...headersOf(path) }));
  return {
    stream,
    unary(path, message, metadata) {
      const call = stream(path, metadata);
      call.send(message);
      call.end();
      return within(call);
    },
    close: () => session.destroy(),
  };
}

/** A call that is never answered must not hold up the suite. */
async function within(call: WireStream): Promise<WireAnswer> {
  const timer = setTimeout(() => call.cancel(), patienceMs);
  const answer = await call.ended;
  clearTimeout(timer);
  return answer;
}

function headersOf(path: string): http2.OutgoingHttpHeaders {
  return { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
}

function wireStream(call: http2.ClientHttp2Stream): WireStream {
  const messages: Uint8Array[] = [];
  const state = { rest: none, taken: 0, isOver: false, status: -1, text: '' };
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const one of waiting) one();
    waiting.clear();
  };
  const read = (headers: http2.IncomingHttpHeaders) => {
    if (headers['grpc-status'] === undefined) return;
    state.status = Number(headers['grpc-status']);
    state.text = decodeURIComponent(String(headers['grpc-message'] ?? ''));
  };
  call
    .on('response', read)
    .on('trailers', read)
    .on('error', () => {});
  call.on('data', (chunk: Buffer) => {
    state.rest = cut(Buffer.concat([state.rest, chunk]), messages);
    wake();
  });
  const ended = new Promise<WireAnswer>((resolve) =>
    call.on('close', () => {
      state.isOver = true;
      wake();
      resolve({ status: state.status, text: state.text, messages });
    }),
  );
  return {
    send: (message) => void call.write(frameOf(message)),
    end: () => void call.end(),
    ended,
    cancel: () => call.close(http2.constants.NGHTTP2_CANCEL),
    async next(timeoutMs) {
      const limit = AbortSignal.timeout(timeoutMs);
      while (state.taken >= messages.length && !state.isOver && !limit.aborted) await woken(waiting, limit);
      const message = messages[state.taken];
      state.taken += message === undefined ? 0 : 1;
      return message;
    },
  };
}

function woken(waiting: Set<() => void>, limit: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    waiting.add(resolve);
    limit.addEventListener('abort', () => resolve(), { once: true });
  });
}

function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** Moves whole messages into `messages`, returns what is left. */
function cut(bytes: Buffer, messages: Uint8Array[]): Buffer {
  let at = 0;
  while (bytes.length - at >= 5) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return bytes.subarray(at);
}
