// SPDX-License-Identifier: Apache-2.0

import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Caller } from '../auth.js';
import { fail, statusOfError } from '../errors.js';
import type { Budget } from './budget.js';
import { encodeFrame } from './frame.js';
import { encodeStatusText } from './header-text.js';
import type { Call } from './method.js';

const answerHeaders: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc' };
const okTrailers: OutgoingHttpHeaders = { 'grpc-status': '0', 'grpc-message': '' };
/** No date: a client of gRPC has no use for it. */
const withTrailers = { waitForTrailers: true, sendDate: false };
const ignore = () => {};

/** One call on the server's side: what goes back to the client, and when it is over. */
export class ServerCall implements Call {
  private controller: AbortController | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private trailers: OutgoingHttpHeaders = okTrailers;
  private isAnswered = false;
  private status = 0;
  /** Of a unary answer, until the stream is closed. */
  private unreadBytes = 0;
  /** Of the last message of a stream, until the client took most of it. */
  private admittedBytes = 0;

  /**
   * @param answers of all unary calls of the connection together
   * @param streamed messages of all its streams
   */
  constructor(
    private readonly stream: ServerHttp2Stream,
    readonly caller: Caller,
    private readonly answers: Budget,
    private readonly streamed: Budget,
  ) {
    stream.on('error', ignore);
    stream.on('wantTrailers', () => this.sendTrailers());
    stream.on('close', () => this.close());
  }

  /** Made when first asked for: most unary calls never ask. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.stream.closed) this.controller.abort(clientIsGone());
    }
    return this.controller.signal;
  }

  /** The status it ended with; "cancelled" when the client went away first. */
  get endStatus(): number {
    return this.isAnswered ? this.status : 1;
  }

  get isOver(): boolean {
    return this.isAnswered || this.stream.closed || this.stream.destroyed;
  }

  /** Answers with "deadline exceeded" unless the call is over by then. */
  limitTime(ms: number): void {
    this.deadline = setTimeout(() => {
      const error = fail('etcd/server-deadline-exceeded');
      this.refuse(error);
      this.abort(error);
    }, ms);
  }

  /** The whole of a unary answer. */
  answer(message: Uint8Array): void {
    if (this.isOver) return;
    this.open();
    this.isAnswered = true;
    const frame = encodeFrame(message);
    this.unreadBytes = frame.length;
    this.answers.add(frame.length);
    this.stream.end(frame);
  }

  /** Of answers that the client did not read yet; as `Budget.room`. */
  room(): Promise<void> | undefined {
    return this.answers.room();
  }

  async admit(make: () => Uint8Array): Promise<Uint8Array> {
    while (!this.isOver) {
      const room = this.streamed.room(this.signal);
      if (room === undefined) break;
      await room;
    }
    const message = make();
    if (!this.isOver) {
      this.admittedBytes += message.length;
      this.streamed.add(message.length);
    }
    return message;
  }

  /** One message of many; resolves when the client has room for the next one, or is gone. */
  async send(message: Uint8Array): Promise<void> {
    await this.write(message);
    this.giveAdmitted();
  }

  private async write(message: Uint8Array): Promise<void> {
    if (this.isOver) return;
    this.open();
    if (this.stream.write(encodeFrame(message))) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        this.stream.off('drain', go);
        this.stream.off('close', go);
        resolve();
      };
      this.stream.on('drain', go);
      this.stream.on('close', go);
      if (this.stream.destroyed) go();
    });
  }

  /** Sends the answer's headers now, so that the client knows the stream is open. */
  open(): void {
    if (!this.isOver && !this.stream.headersSent) this.stream.respond(answerHeaders, withTrailers);
  }

  /** The good end of a stream. */
  finish(): void {
    if (this.isOver) return;
    this.open();
    this.isAnswered = true;
    this.stream.end();
  }

  /** The bad end of any call; after the first answer it changes nothing. */
  refuse(error: unknown): void {
    if (this.isOver) return;
    const { status, text } = statusOfError(error);
    this.status = status;
    this.trailers = { 'grpc-status': String(status), 'grpc-message': encodeStatusText(text) };
    this.isAnswered = true;
    if (this.stream.headersSent) {
      this.stream.end();
    } else {
      this.stream.respond({ ...answerHeaders, ...this.trailers }, { endStream: true });
      this.closeSoon();
    }
  }

  private sendTrailers(): void {
    this.stream.sendTrailers(this.trailers);
    this.closeSoon();
  }

  /** A client that still sends is told to stop; otherwise its half of the stream would stay for ever. */
  private closeSoon(): void {
    clearTimeout(this.deadline);
    if (this.stream.readableEnded) return;
    this.stream.resume();
    setImmediate(() => {
      if (!this.stream.closed) this.stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  /** Nearly every call ends so, and most of them have nobody to tell. */
  private close(): void {
    if (this.unreadBytes > 0) this.answers.give(this.unreadBytes);
    this.giveAdmitted();
    clearTimeout(this.deadline);
    if (this.controller?.signal.aborted === false) this.controller.abort(clientIsGone());
  }

  private giveAdmitted(): void {
    if (this.admittedBytes > 0) this.streamed.give(this.admittedBytes);
    this.admittedBytes = 0;
  }

  private abort(reason: Error): void {
    clearTimeout(this.deadline);
    this.controller?.abort(reason);
  }
}

function clientIsGone(): Error {
  return fail('etcd/cancelled', { reason: 'the client is gone' });
}
