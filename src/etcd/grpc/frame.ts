// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';

const headBytes = 5;
const firstCapacity = 16 * 1024;
const none = Buffer.alloc(0);

/** A gRPC message as it goes into HTTP/2 DATA: one flag byte, 32 bits of length, the message. */
export function encodeFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, headBytes);
  return frame;
}

/**
 * The first message of a stream whose first chunk is `chunk`, as a view of it; `undefined` when it goes on in the next
 * one.
 *
 * @throws as `Deframer.push`
 */
export function findWholeMessage(chunk: Buffer, limitBytes: number): Uint8Array | undefined {
  if (chunk.length < headBytes) return undefined;
  const end = headBytes + readHead(chunk, limitBytes);
  return end > chunk.length ? undefined : chunk.subarray(headBytes, end);
}

/**
 * Cuts the bytes of one stream into messages, however they were chunked. A message that came in one chunk is a
 * view of it. Memory grows with the bytes that came, never with a length that was only announced.
 */
export class Deframer {
  private readonly head = Buffer.allocUnsafe(headBytes);
  private headFilled = 0;
  /** Of the message under way; -1 while its head is incomplete. */
  private bodyBytes = -1;
  /** Holds the first `bodyFilled` bytes of the message under way. */
  private body = none;
  private bodyFilled = 0;

  constructor(private readonly limitBytes: number) {}

  /**
   * The messages that `chunk` completes, in order.
   *
   * @throws `etcd/message-too-large`, `etcd/compressed-message`, `etcd/malformed-message`; the stream is lost then
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      if (this.bodyBytes < 0) at = this.takeHead(chunk, at);
      if (this.bodyBytes < 0) return messages;
      const end = at + this.bodyBytes - this.bodyFilled;
      if (end > chunk.length) {
        this.keep(chunk.subarray(at));
        return messages;
      }
      messages.push(this.bodyFilled === 0 ? chunk.subarray(at, end) : this.keep(chunk.subarray(at, end)));
      this.restart();
      at = end;
    }
  }

  /** What is kept of the message under way. */
  get heldBytes(): number {
    return this.body.length;
  }

  /** To be called when the stream ended. @throws `etcd/malformed-message` in the middle of a message */
  end(): void {
    if (this.headFilled === 0) return;
    throw fail('etcd/malformed-message', { reason: 'the stream ended within a message' });
  }

  private restart(): void {
    this.headFilled = 0;
    this.bodyBytes = -1;
    this.body = none;
    this.bodyFilled = 0;
  }

  private takeHead(chunk: Uint8Array, at: number): number {
    const taken = Math.min(headBytes - this.headFilled, chunk.length - at);
    this.head.set(chunk.subarray(at, at + taken), this.headFilled);
    this.headFilled += taken;
    if (this.headFilled === headBytes) this.bodyBytes = readHead(this.head, this.limitBytes);
    return at + taken;
  }

  /** Appends to the message under way, in a buffer that doubles as it fills. */
  private keep(piece: Uint8Array): Uint8Array {
    const filled = this.bodyFilled + piece.length;
    if (filled > this.body.length) {
      const capacity = Math.max(filled, this.body.length * 2, firstCapacity);
      const larger = Buffer.allocUnsafeSlow(Math.min(this.bodyBytes, capacity));
      larger.set(this.body.subarray(0, this.bodyFilled));
      this.body = larger;
    }
    this.body.set(piece, this.bodyFilled);
    this.bodyFilled = filled;
    return this.body;
  }
}

function readHead(head: Buffer, limitBytes: number): number {
  const flag = head.readUInt8(0);
  const sizeBytes = head.readUInt32BE(1);
  if (flag === 1) throw fail('etcd/compressed-message');
  if (flag !== 0) throw fail('etcd/malformed-message', { reason: `frame flag ${flag}` });
  if (sizeBytes > limitBytes) throw fail('etcd/message-too-large', { sizeBytes, limitBytes });
  return sizeBytes;
}
