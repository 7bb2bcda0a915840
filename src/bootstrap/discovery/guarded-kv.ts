// SPDX-License-Identifier: Apache-2.0

import { fail, type KeyRange, type Kv, type PutRequest, prefixRange, textOf } from '../../etcd/index.js';
import { isMusterError, revision } from '../../model/index.js';
import { findRegistryKey, isToken, membersPrefix, registryPrefix } from './keys.js';
import type { TokenBook } from './token-book.js';

/**
 * The key space as discovery protocol v3 needs it, and nothing beyond: read the size and the members of a token
 * that the caller can name, watch its members, register one. Everything else is refused with etcd's
 * "permission denied", for which a member waits and asks again, and so is the registration of a wiped machine
 * once its cluster has formed.
 *
 * Source of the calls: etcd-io/etcd main, server/etcdserver/api/v3discovery/discovery.go.
 */
export function guardedKv(kv: Kv, book: TokenBook): Kv {
  return {
    async range(request) {
      // Asked by servers of themselves: how far the store is.
      const isRevisionOnly = request.countOnly === true && request.key.length === 1 && !hasEnd(request);
      if (!isRevisionOnly && !isSize(request) && !isOfMembers(request)) throw denied();
      return kv.range(request);
    },
    async put(request) {
      const key = findRegistryKey(textOf(request.key));
      if (key?.kind !== 'member' || !isPlain(request)) throw denied();
      try {
        const registered = await book.register(key.token, 'v3', key.memberId, textOf(request.value));
        return { revision: revision(registered.revision) };
      } catch (error) {
        throw isMusterError(error) && error.code.startsWith('bootstrap/') ? denied(error) : error;
      }
    },
    watch(request, signal) {
      if (!isOfMembers(request)) return brokenWatch;
      // A slot that was freed, or a token forgotten, is no peer.
      return kv.watch({ ...request, filters: [...(request.filters ?? []), 'no-delete'] }, signal);
    },
    deleteRange: refuse,
    txn: refuse,
    compact: refuse,
    grantLease: refuse,
    revokeLease: refuse,
    keepAlive: refuse,
    timeToLive: refuse,
    leases: refuse,
  };
}

async function refuse(): Promise<never> {
  throw denied();
}

/** Ends with the refusal as its reason. */
const brokenWatch = {
  // biome-ignore lint/correctness/useYield: there is nothing to tell
  async *[Symbol.asyncIterator](): AsyncGenerator<never, void, undefined> {
    throw denied();
  },
};

function denied(cause?: unknown): Error {
  return fail('etcd/permission-denied', {}, cause);
}

function hasEnd({ rangeEnd }: KeyRange): boolean {
  return rangeEnd !== undefined && rangeEnd.length > 0;
}

function isSize(range: KeyRange): boolean {
  return !hasEnd(range) && findRegistryKey(textOf(range.key))?.kind === 'size';
}

/** Within the members of one token: who knows no token reads nothing. */
function isOfMembers({ key, rangeEnd }: KeyRange): boolean {
  const from = textOf(key);
  const token = from.slice(registryPrefix.length, registryPrefix.length + 32);
  if (!isToken(token) || !from.startsWith(membersPrefix(token))) return false;
  if (rangeEnd === undefined || rangeEnd.length === 0) return true;
  return Buffer.compare(rangeEnd, prefixRange(membersPrefix(token)).rangeEnd) <= 0 && rangeEnd[0] !== 0;
}

/** No lease that would end the slot, and nothing that would tell what was there before. */
function isPlain({ lease, prevKv, ignoreLease, ignoreValue }: PutRequest): boolean {
  return (lease ?? 0n) === 0n && prevKv !== true && ignoreLease !== true && ignoreValue !== true;
}
