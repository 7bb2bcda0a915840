// SPDX-License-Identifier: Apache-2.0

import type { Budget } from './budget.js';
import { Deframer } from './frame.js';

/** What one stream may send. */
export interface RequestLimits {
  /** A longer message is refused. */
  readonly messageBytes: number;
  /** Of all streams of the connection together. */
  readonly requests: Budget;
}

/** Of a stream, what is asked here. */
interface Closing {
  once(event: 'close', listener: () => void): unknown;
}

/** Cuts the requests out of a stream and accounts for the one that is not whole yet. */
export class RequestReader {
  private readonly deframer: Deframer;
  private heldBytes = 0;

  constructor(
    stream: Closing,
    private readonly limits: RequestLimits,
  ) {
    this.deframer = new Deframer(limits.messageBytes);
    stream.once('close', () => this.hold(0));
  }

  /** @throws as `Deframer.push`; `etcd/exhausted` */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages = this.deframer.push(chunk);
    this.hold(this.deframer.heldBytes);
    return messages;
  }

  end(): void {
    this.deframer.end();
  }

  private hold(bytes: number): void {
    if (bytes > this.heldBytes) this.limits.requests.take(bytes - this.heldBytes);
    else this.limits.requests.give(this.heldBytes - bytes);
    this.heldBytes = bytes;
  }
}
