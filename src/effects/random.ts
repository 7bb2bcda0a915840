// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';

/** Randomness as a parameter. */
export interface Random {
  /** `length` bytes fit for secrets. */
  bytes(length: number): Uint8Array;
}

export const realRandom: Random = { bytes: (length) => randomBytes(length) };

/** `byteLength` random bytes as lower-case hex. */
export function randomHex(random: Random, byteLength: number): string {
  return Buffer.from(random.bytes(byteLength)).toString('hex');
}
