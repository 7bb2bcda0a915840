// SPDX-License-Identifier: Apache-2.0

import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import type { Random } from '../effects/index.js';
import { inTurn } from './in-turn.js';

/** Keeps passwords so that the stored text does not tell them. */
export interface Passwords {
  /** `scrypt$<N>$<r>$<p>$<salt>$<hash>`, the last two in base64. */
  hash(password: string): Promise<string>;
  /** Takes as long for a user who does not exist (`secret` undefined or empty), and is then false. */
  isRight(password: string, secret: string | undefined): Promise<boolean>;
}

/** Of one hash: about 16 MiB and some 30 ms. */
const costs = { N: 16_384, r: 8, p: 1 } as const;
const saltBytes = 16;
const hashBytes = 32;

/** One at a time, so that log-ins leave the threads of Node to the disk, and bound what they take of memory. */
export function openPasswords(random: Random): Passwords {
  const turn = inTurn();
  const stranger = { salt: random.bytes(saltBytes), hash: random.bytes(hashBytes), options: costs };
  return {
    hash: (password) =>
      turn(async () => {
        const salt = Buffer.from(random.bytes(saltBytes));
        const hash = await derive(password, salt, hashBytes, costs);
        const { N, r, p } = costs;
        return ['scrypt', N, r, p, salt.toString('base64'), hash.toString('base64')].join('$');
      }),
    isRight: (password, secret) =>
      turn(async () => {
        const known = secret === undefined || secret === '' ? undefined : parseSecret(secret);
        const { salt, hash, options } = known ?? stranger;
        const found = await derive(password, salt, hash.length, options);
        return timingSafeEqual(found, hash) && known !== undefined;
      }),
  };
}

function parseSecret(secret: string) {
  const [name, n, r, p, salt, hash] = secret.split('$');
  if (name !== 'scrypt' || salt === undefined || hash === undefined || hash === '') {
    throw new Error('a stored password of unknown form');
  }
  const options = { N: Number(n), r: Number(r), p: Number(p) };
  return { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64'), options };
}

function derive(password: string, salt: Uint8Array, length: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}
