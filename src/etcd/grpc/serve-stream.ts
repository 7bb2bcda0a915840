// SPDX-License-Identifier: Apache-2.0

import type { ServerHttp2Stream } from 'node:http2';
import { fail } from '../errors.js';
import { findWholeMessage } from './frame.js';
import { MessageQueue } from './message-queue.js';
import type { Call, Method } from './method.js';
import { type RequestLimits, RequestReader } from './request-reader.js';
import type { ServerCall } from './server-call.js';

type Unary = Extract<Method, { kind: 'unary' }>;
type Streaming = Extract<Method, { kind: 'stream' }>;

/** Requests that may wait in a stream before the client is slowed down. */
const waitingRequests = 16;

/** Runs a unary method on its first message; resolves when the handler is done, whatever became of the client. */
export async function serveUnary(
  stream: ServerHttp2Stream,
  method: Unary,
  call: ServerCall,
  limits: RequestLimits,
): Promise<void> {
  try {
    const message = await firstMessage(stream, limits);
    if (message !== undefined) await answerOne(method, message, call, limits);
  } finally {
    stream.resume();
  }
}

async function answerOne(
  method: Unary,
  message: Uint8Array,
  call: ServerCall,
  { requests }: RequestLimits,
): Promise<void> {
  requests.take(message.length);
  try {
    const room = call.room();
    if (room !== undefined) await room;
    if (!call.isOver) call.answer(await method.handle(message, call));
  } finally {
    requests.give(message.length);
  }
}

/** `undefined` when the client went away before it had said all. */
function firstMessage(stream: ServerHttp2Stream, limits: RequestLimits): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const reading: { rest: RequestReader | undefined; isDone: boolean } = { rest: undefined, isDone: false };
    const take = (chunk: Buffer) => {
      // Hardly any request comes in pieces.
      const whole = reading.rest === undefined ? findWholeMessage(chunk, limits.messageBytes) : undefined;
      if (whole !== undefined) return whole;
      reading.rest ??= new RequestReader(stream, limits);
      return reading.rest.push(chunk)[0];
    };
    stream.on('data', (chunk: Buffer) => {
      if (reading.isDone) return;
      try {
        const message = take(chunk);
        if (message === undefined) return;
        reading.isDone = true;
        resolve(message);
      } catch (error) {
        reading.isDone = true;
        reject(error);
      }
    });
    stream.on('end', () => {
      if (reading.isDone) return;
      reject(fail('etcd/malformed-message', { reason: 'a call without a whole message' }));
    });
    stream.on('close', () => {
      if (!reading.isDone) resolve(undefined);
    });
  });
}

/** Runs a streaming method; resolves when the handler's stream is done. */
export async function serveStreaming(
  stream: ServerHttp2Stream,
  method: Streaming,
  call: ServerCall,
  limits: RequestLimits,
): Promise<void> {
  const requests = requestsOf(stream, call, limits);
  call.open();
  for await (const message of method.handle(requests, call)) {
    await call.send(message);
    if (call.isOver) break;
  }
  call.finish();
}

function requestsOf(stream: ServerHttp2Stream, call: Call, limits: RequestLimits): AsyncIterable<Uint8Array> {
  const deframer = new RequestReader(stream, limits);
  const queue = new MessageQueue<Uint8Array>(waitingRequests);
  const take = (step: () => void) => {
    try {
      step();
    } catch (error) {
      queue.fail(error);
    }
  };
  stream.on('data', (chunk: Buffer) =>
    take(() => {
      const hasRoom = deframer.push(chunk).reduce((_, message) => queue.push(message), true);
      if (hasRoom) return;
      stream.pause();
      void queue.room().then(() => stream.resume());
    }),
  );
  stream.once('end', () =>
    take(() => {
      deframer.end();
      queue.finish();
    }),
  );
  stream.once('close', () => queue.fail(call.signal.reason));
  return queue;
}
