// SPDX-License-Identifier: Apache-2.0

import type { Caller } from '../auth.js';

/** What a handler knows of the call it answers. */
export interface Call {
  /** Fires when the client went away, cancelled, or its time is up: nobody waits for an answer then. */
  readonly signal: AbortSignal;
  readonly caller: Caller;
  /**
   * Makes the next message of a stream once the connection has room for it: thousands of streams that nobody reads must
   * not hold one each. Left out: there is always room.
   */
  admit?(make: () => Uint8Array): Promise<Uint8Array>;
}

/** One row of a served method table; messages are bytes here, so that one table holds them all. */
export type Method =
  | {
      readonly kind: 'unary';
      /** `/package.Service/Method`. */
      readonly path: string;
      handle(message: Uint8Array, call: Call): Promise<Uint8Array>;
    }
  | {
      readonly kind: 'stream';
      readonly path: string;
      /** What it yields is sent as fast as the client takes it; what it throws becomes the status. */
      handle(messages: AsyncIterable<Uint8Array>, call: Call): AsyncIterable<Uint8Array>;
    };
