// SPDX-License-Identifier: Apache-2.0

import type { Conversation } from '../../effects/index.js';

/** The header and the longest name: no query needs much more, and nobody gets to fill the memory. */
const maxQueryBytes = 4_096;

/**
 * DNS over TCP: each message behind its length in two bytes (RFC 1035, section 4.2.2). What gets no answer ends the
 * connection, for there is nothing to wait for.
 */
export function converseInFrames(answer: (message: Uint8Array) => Uint8Array | undefined): Conversation {
  const state = { rest: Buffer.alloc(0) };
  return (chunk) => {
    let rest = Buffer.concat([state.rest, chunk]);
    const replies: Uint8Array[] = [];
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0);
      if (length > maxQueryBytes) return 'end';
      if (rest.length < 2 + length) break;
      const reply = answer(rest.subarray(2, 2 + length));
      if (reply === undefined) return 'end';
      replies.push(lengthOf(reply), reply);
      rest = rest.subarray(2 + length);
    }
    state.rest = rest;
    return Buffer.concat(replies);
  };
}

function lengthOf(message: Uint8Array): Uint8Array {
  return Uint8Array.of(message.length >> 8, message.length & 0xff);
}
