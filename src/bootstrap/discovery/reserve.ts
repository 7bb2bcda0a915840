// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { Clock } from '../../effects/index.js';
import type { PeerEntry } from '../../model/index.js';
import { isFresh } from '../token.js';
import { findAdvert } from './advert.js';
import type { TokenBook } from './token-book.js';

/** What muster does with a token for a cluster of its own. */
export interface Reservation {
  /** 32 hex digits that nobody has used. */
  readonly token: string;
  /** What etcd is given as `--discovery`: its member IDs are made of it, letter by letter. */
  readonly url: string;
  /** How many members found the cluster. */
  readonly size: number;
  /** Those whose slots are taken before anybody else hears of the token. */
  readonly members: readonly PeerEntry[];
}

/**
 * Makes the token and registers the members under it, as each etcd would by protocol v2. Repeating it changes nothing.
 *
 * @throws `bootstrap/bad-size`, and as `TokenBook.register`
 */
export async function reserveSlots(book: TokenBook, reservation: Reservation): Promise<void> {
  const { token, url, size, members } = reservation;
  await book.create(String(size), token);
  const taken = new Set((await book.find(token))?.registered.map(({ memberId }) => memberId));
  for (const member of members) {
    const id = founderId(member.urls, url);
    if (!taken.has(id)) await book.register(token, 'v2', id, advertOf(member));
  }
}

/**
 * Who has a slot, in the order of registration; those that came too late are left out. Who asks waits for it to be full,
 * so that its end is put off; nobody, when it had come before.
 */
export async function findSlots(
  { book, clock }: { readonly book: TokenBook; readonly clock: Pick<Clock, 'now'> },
  token: string,
): Promise<readonly PeerEntry[]> {
  const stored = await book.find(token);
  if (stored === undefined) return [];
  if (!isFresh(stored.life, clock.now())) await book.renew(token);
  return stored.registered.slice(0, stored.size.value).flatMap(({ advert }) => {
    const found = findAdvert(advert);
    return found === undefined ? [] : [{ name: found.name, urls: found.peerUrls }];
  });
}

/**
 * The ID of a member that founds a cluster, hex without leading zeros.
 *
 * Source: etcd-io/etcd 3.5, server/etcdserver/api/membership/member.go, computeMemberId
 *
 * @param token the cluster's; with discovery that is the whole URL
 */
export function founderId(peerUrls: readonly string[], token: string): string {
  const text = `${[...peerUrls].sort().join('')}${token}`;
  return createHash('sha1').update(text).digest().readBigUInt64BE().toString(16);
}

function advertOf({ name, urls }: PeerEntry): string {
  return urls.map((url) => `${name}=${url}`).join(',');
}
