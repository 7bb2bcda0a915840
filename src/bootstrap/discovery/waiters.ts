// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../../effects/index.js';
import { type Kv, mirror, prefixRange, textOf, type WatchEvent } from '../../etcd/index.js';
import { findRegistryKey, registryPrefix } from './keys.js';
import type { TokenCache } from './token-cache.js';
import { slotOf, type TakenSlot } from './token-record.js';

export interface Poll {
  readonly token: string;
  /** Left out: whichever member. */
  readonly memberId?: string | undefined;
  /** The first revision wanted. */
  readonly from: number;
  /**
   * Called once, in the turn of the change, with the body of the answer: one array for everybody who is told. Without
   * one there is nothing to tell, and the client asks again at once. Never called after `leave`.
   */
  readonly end: (body?: Uint8Array) => void;
}

/** The long polls of one process: one watch of the store feeds them all, and each change is rendered once. */
export interface Waiters {
  /** From now on the poll is told. Returns what takes it out again; harmless when it has ended. */
  join(poll: Poll): () => void;
  /** Polls that wait now. */
  count(): number;
  /** Tokens there are, as far as the watch has come. */
  tokenCount(): number;
  /** Follows the store until `signal` fires; then all polls have ended. Throws what the store refuses for good. */
  run(signal: AbortSignal): Promise<void>;
}

export interface WaitersDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
  readonly render: (token: string, slot: TakenSlot) => Uint8Array;
  /** Told of every change before those who wait are. */
  readonly cache: TokenCache;
}

/** Shorter than the minute after which servers and proxies end connections that say nothing. */
const longestMs = 40_000;
const lookMs = 10_000;

export function openWaiters(deps: WaitersDeps): Waiters {
  const byToken = new Map<string, Set<Poll>>();
  /** In the order they came, with the time. */
  const since = new Map<Poll, number>();
  const tokens = new Set<string>();

  const leave = (poll: Poll): boolean => {
    if (!since.delete(poll)) return false;
    const beside = byToken.get(poll.token);
    if (beside?.delete(poll) && beside.size === 0) byToken.delete(poll.token);
    return true;
  };
  const end = (poll: Poll, body?: Uint8Array) => {
    if (leave(poll)) poll.end(body);
  };
  const endAll = (polls: Iterable<Poll>) => {
    for (const poll of [...polls]) end(poll);
  };
  const take = (event: WatchEvent) => {
    const key = findRegistryKey(textOf(event.kv.key));
    if (key?.kind === 'size') {
      if (event.kind === 'put') tokens.add(key.token);
      else tokens.delete(key.token);
    }
    if (key === undefined) return;
    deps.cache.changed(key.token, event.kv.modRevision);
    if (key.kind === 'life') return;
    const polls = byToken.get(key.token);
    if (polls === undefined) return;
    // A slot was freed, or the token is gone: who asks again is told that.
    if (key.kind === 'freed' || event.kind === 'delete') return endAll(polls);
    if (key.kind !== 'member') return;
    const slot = slotOf(key.memberId, event.kv);
    const body = deps.render(key.token, slot);
    for (const poll of [...polls]) {
      const isWanted = poll.memberId === undefined || poll.memberId === key.memberId;
      if (isWanted && slot.modRevision >= poll.from) end(poll, body);
    }
  };
  const follow = async (signal: AbortSignal) => {
    for await (const message of mirror(deps, prefixRange(registryPrefix), signal)) {
      switch (message.kind) {
        case 'snapshot':
          deps.cache.watching(message.revision);
          tokens.clear();
          for (const name of message.entries.keys()) {
            const key = findRegistryKey(name);
            if (key?.kind === 'size') tokens.add(key.token);
          }
          // Changes may have been missed. Who asks again is answered from what is there.
          endAll(since.keys());
          break;
        case 'changes':
          for (const event of message.events) take(event);
          break;
        case 'away':
          deps.cache.watching(undefined);
          deps.log.warn('the store of the discovery service is away', { error: String(message.error) });
      }
    }
  };
  const endOld = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await deps.clock.sleep(lookMs, signal);
      const latest = deps.clock.monotonic() - longestMs;
      for (const [poll, at] of [...since]) {
        if (at > latest) break;
        end(poll);
      }
    }
  };

  return {
    join(poll) {
      since.set(poll, deps.clock.monotonic());
      const beside = byToken.get(poll.token);
      if (beside === undefined) byToken.set(poll.token, new Set([poll]));
      else beside.add(poll);
      return () => {
        leave(poll);
      };
    },
    count: () => since.size,
    tokenCount: () => tokens.size,
    async run(signal) {
      const failed = new AbortController();
      const until = AbortSignal.any([signal, failed.signal]);
      const ending = endOld(until);
      try {
        await follow(until);
      } finally {
        failed.abort();
        await ending;
        deps.cache.watching(undefined);
        endAll(since.keys());
      }
    },
  };
}
