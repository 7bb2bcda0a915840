// SPDX-License-Identifier: Apache-2.0

import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { isMusterError, type MusterError } from '../../model/index.js';
import { errorOfStatus, fail } from '../errors.js';
import { reasonOf } from './client-session.js';
import { Deframer, encodeFrame } from './frame.js';
import { decodeStatusText } from './header-text.js';
import { MessageQueue } from './message-queue.js';

/** Messages that may wait unread before the server is slowed down. */
const waitingMessages = 64;

/** One call on the client's side. Reading `messages` to the end also tells how the call ended. */
export class ClientCall {
  /** Ends with the good status, throws with any other. */
  readonly messages: AsyncIterable<Uint8Array>;
  private readonly queue = new MessageQueue<Uint8Array>(waitingMessages);
  private readonly deframer: Deframer;
  private startTimer: NodeJS.Timeout | undefined;
  /** Why the call ended, as far as known before the stream closed. */
  private outcome: { readonly status: number; readonly text: string } | MusterError | undefined;

  constructor(
    private readonly stream: ClientHttp2Stream,
    limitBytes: number,
  ) {
    this.deframer = new Deframer(limitBytes);
    this.messages = this.queue;
    stream.on('response', (headers) => this.takeHeaders(headers));
    stream.on('trailers', (headers) => this.takeStatus(headers));
    stream.on('data', (chunk: Buffer) => this.takeChunk(chunk));
    stream.on('error', (error) => {
      this.outcome ??= fail('etcd/unavailable', { reason: reasonOf(error) }, error);
    });
    stream.once('close', () => this.settle());
  }

  /** Cancels the call with the error unless a first message comes in time. */
  limitStart(ms: number, late: () => MusterError): void {
    this.startTimer = setTimeout(() => this.cancel(late()), ms);
  }

  /** Nothing happens when the call is over. */
  send(message: Uint8Array): void {
    if (!this.stream.destroyed && !this.stream.writableEnded) this.stream.write(encodeFrame(message));
  }

  /** Says that no further message will be sent, after `last` when it is given. */
  sendEnd(last?: Uint8Array): void {
    if (this.stream.destroyed || this.stream.writableEnded) return;
    this.stream.end(last === undefined ? undefined : encodeFrame(last));
  }

  /** Ends the call on both sides; the reader gets `reason`, or a plain end when there is none. */
  cancel(reason?: MusterError): void {
    clearTimeout(this.startTimer);
    if (reason === undefined) this.queue.finish();
    else this.queue.fail(reason);
    if (!this.stream.closed) this.stream.close(constants.NGHTTP2_CANCEL);
  }

  private takeHeaders(headers: IncomingHttpHeaders & { ':status'?: number | undefined }): void {
    this.takeStatus(headers);
    const isGrpc = headers['content-type']?.startsWith('application/grpc') === true;
    if (this.outcome !== undefined || (headers[':status'] === 200 && isGrpc)) return;
    this.outcome ??= fail('etcd/unavailable', {
      reason: `the answer is not gRPC (HTTP ${headers[':status']})`,
    });
    this.cancel(this.outcome instanceof Error ? this.outcome : undefined);
  }

  private takeStatus(headers: IncomingHttpHeaders): void {
    const value = headers['grpc-status'];
    if (value === undefined || !/^\d{1,3}$/.test(String(value))) return;
    this.outcome ??= { status: Number(value), text: decodeStatusText(String(headers['grpc-message'] ?? '')) };
  }

  private takeChunk(chunk: Buffer): void {
    try {
      clearTimeout(this.startTimer);
      const hasRoom = this.deframer.push(chunk).reduce((_, message) => this.queue.push(message), true);
      if (hasRoom) return;
      this.stream.pause();
      void this.queue.room().then(() => this.stream.resume());
    } catch (error) {
      this.cancel(isMusterError(error) ? error : undefined);
    }
  }

  private settle(): void {
    clearTimeout(this.startTimer);
    if (this.outcome === undefined) {
      const reason = `the stream ended without a status (HTTP/2 code ${this.stream.rstCode})`;
      this.queue.fail(fail('etcd/unavailable', { reason }));
    } else if (this.outcome instanceof Error) this.queue.fail(this.outcome);
    else if (this.outcome.status !== 0)
      this.queue.fail(errorOfStatus(this.outcome.status, this.outcome.text));
    else this.queue.finish();
  }
}
