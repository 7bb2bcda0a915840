// SPDX-License-Identifier: Apache-2.0

import { fail } from '../etcd/index.js';
import { inTurn } from './in-turn.js';

/** Keeps passwords as etcd does, so that users move with a snapshot: as bcrypt hashes. */
export interface Passwords {
  /** `$2a$10$…`, 60 characters. @throws `etcd/password-too-long` beyond 72 bytes, as etcd 3.5 */
  hash(password: string): Promise<string>;
  /** Takes as long for a user who does not exist (`secret` undefined), and is then false. */
  isRight(password: string, secret: string | undefined): Promise<boolean>;
}

/** etcd's own `--bcrypt-cost` when nobody sets it; one hash takes some 60 ms. */
const cost = 10;
/** What bcrypt looks at. */
const longestBytes = 72;
/** Of a password that nobody knows. */
const stranger = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

/** Native code, which only a store with users needs. */
const bcrypt = () => import('bcrypt');

/**
 * On a thread of Node's pool, and one at a time, so that log-ins leave the other threads to the disk.
 *
 * @param mostWaiting whoever comes behind them is told so at once (`etcd/too-many-requests`, from both): else a flood of
 *   wrong passwords would hold up the right ones for minutes
 */
export function openPasswords(mostWaiting = 100): Passwords {
  const turn = boundedTurn(mostWaiting);
  return {
    async hash(password) {
      const bytes = Buffer.from(password, 'utf8');
      if (bytes.length > longestBytes) throw fail('etcd/password-too-long');
      return turn(async () => {
        const { genSalt, hash } = await bcrypt();
        return hash(bytes, await genSalt(cost, 'a'));
      });
    },
    isRight: (password, secret) =>
      turn(async () => {
        const bytes = Buffer.from(password, 'utf8').subarray(0, longestBytes);
        const { compare } = await bcrypt();
        return (await compare(bytes, secret ?? stranger)) && secret !== undefined;
      }),
  };
}

function boundedTurn(mostWaiting: number): ReturnType<typeof inTurn> {
  const turn = inTurn();
  const state = { waiting: 0 };
  return async (work) => {
    if (state.waiting >= mostWaiting) throw fail('etcd/too-many-requests');
    state.waiting += 1;
    try {
      return await turn(work);
    } finally {
      state.waiting -= 1;
    }
  };
}
