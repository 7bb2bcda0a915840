// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Random, randomHex } from '../../effects/index.js';
import { type KeyValue, type Kv, keyOf, prefixRange } from '../../etcd/index.js';
import { isMusterError } from '../../model/index.js';
import { fail } from '../errors.js';
import {
  type DiscoveryProtocol,
  findExpiry,
  stepToken,
  type TokenAction,
  type TokenEvent,
  type TokenRefusal,
} from '../token.js';
import { findAdvert } from './advert.js';
import { lifeKey, registryPrefix, sizeKey, tokenRange } from './keys.js';
import type { TokenCache } from './token-cache.js';
import {
  encodeLife,
  findSize,
  findStoredToken,
  newToken,
  type StoredToken,
  type TokenLife,
} from './token-record.js';
import { planWrite, put } from './token-write.js';

export interface TokenBookDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly random: Random;
  readonly cache: TokenCache;
}

export interface TokenBookOptions {
  /** Tokens whose cluster has not formed are gone after this long without a change; 7 days when left out. */
  readonly unusedMs?: number;
  /** The largest cluster a token is made for; 99 when left out. */
  readonly maxSize?: number;
}

/** What a member is answered. */
export interface Registered {
  readonly memberId: string;
  readonly advert: string;
  readonly createRevision: number;
  /** Of the store. */
  readonly revision: number;
}

/** The tokens in one key space; several processes may keep the same book. */
export interface TokenBook {
  /**
   * A new token, 128 random bits as hex.
   *
   * @param token its name, where the caller has minted one; nothing happens when it is there already
   * @throws `bootstrap/bad-size`
   */
  create(size: string, token?: string): Promise<string>;
  /** `undefined` for one that never was, or has expired. */
  find(token: string): Promise<StoredToken | undefined>;
  /** @throws `bootstrap/bad-advert`, `bootstrap/token-unknown`, and as `stepToken` refuses */
  register(token: string, protocol: DiscoveryProtocol, memberId: string, advert: string): Promise<Registered>;
  /** @throws as `stepToken` refuses */
  free(token: string, memberId: string): Promise<void>;
  /** Puts the end of a token off that somebody waits for. @throws `bootstrap/token-unknown` */
  renew(token: string): Promise<void>;
  /** Every token, expired ones too until they are forgotten, oldest first. Cost: reads all of them. */
  list(): Promise<readonly StoredToken[]>;
  /** Forgets expired tokens; returns how many. */
  forgetExpired(): Promise<number>;
}

/** A handful of processes may write one token at a time; each wins sooner or later. */
const maxTries = 50;

export function openTokenBook(deps: TokenBookDeps, options: TokenBookOptions = {}): TokenBook {
  const { kv, clock, random, cache } = deps;
  const unusedMs = options.unusedMs ?? 7 * 24 * 3_600_000;
  const maxSize = options.maxSize ?? 99;
  /** The end of the line at each token: its writers in this process do not get in each other's way. */
  const lines = new Map<string, Promise<unknown>>();
  const foreignLife = (): TokenLife => ({ createdAt: clock.now(), usedAt: clock.now(), unusedMs });

  const load = async (token: string): Promise<StoredToken | undefined> => {
    const { kvs, revision } = await kv.range(tokenRange(token));
    const stored = findStoredToken(token, revision, kvs, foreignLife());
    if (stored !== undefined) cache.keep(stored);
    return stored;
  };
  const change = async (token: string, event: TokenEvent): Promise<Outcome> => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const kept = tries === 0 ? cache.find(token) : undefined;
      const stored = kept ?? (await load(token));
      if (stored === undefined) throw fail('bootstrap/token-unknown');
      const now = clock.now();
      const { state, actions } = stepToken(stored.state, event, now);
      const [action] = actions;
      const write = action === undefined ? undefined : planWrite(stored, event, action, state, now);
      if (write === undefined) {
        // Nobody is answered by what was so a while ago; a write compares.
        if (kept !== undefined) continue;
        if (action?.kind === 'refuse') throw refusal(action.why, stored, event);
        return { stored, action, revision: stored.revision };
      }
      const { succeeded, revision } = await kv.txn(write.txn);
      const after = succeeded ? write.after(revision) : undefined;
      if (after === undefined) cache.drop(token);
      else cache.keep(after);
      if (succeeded) return { stored, action, revision };
    }
    throw new Error('a token changes faster than it can be written');
  };
  const inTurn = <T>(token: string, work: () => Promise<T>): Promise<T> => {
    const before = lines.get(token);
    const done = before === undefined ? work() : before.then(work, work);
    const settled = done
      .catch(() => {})
      .then(() => {
        if (lines.get(token) === settled) lines.delete(token);
      });
    lines.set(token, settled);
    return done;
  };

  const list = async (): Promise<readonly StoredToken[]> => {
    const { kvs, revision } = await kv.range(prefixRange(registryPrefix));
    const byToken = new Map<string, KeyValue[]>();
    for (const one of kvs) {
      const token = tokenOf(one.key);
      const beside = byToken.get(token);
      if (beside === undefined) byToken.set(token, [one]);
      else beside.push(one);
    }
    const all = [...byToken].map(([token, own]) => findStoredToken(token, revision, own, foreignLife()));
    return all
      .filter((one) => one !== undefined)
      .sort((left, right) => left.size.createRevision - right.size.createRevision);
  };

  return {
    async create(text, token = randomHex(random, 16)) {
      const size = findSize(text);
      if (size === undefined || size > maxSize)
        throw fail('bootstrap/bad-size', { size: text, max: maxSize });
      const now = clock.now();
      const life = { createdAt: now, usedAt: now, unusedMs };
      const { succeeded, revision } = await kv.txn({
        compare: [{ key: keyOf(sizeKey(token)), target: 'create', result: 'equal', number: 0 }],
        success: [put(sizeKey(token), keyOf(text)), put(lifeKey(token), encodeLife(life))],
        failure: [],
      });
      if (succeeded) cache.keep(newToken(token, revision, size, life));
      return token;
    },
    async find(token) {
      const stored = cache.findLive(token) ?? (await load(token));
      return stored === undefined || isExpired(stored, clock.now()) ? undefined : stored;
    },
    async register(token, protocol, memberId, advert) {
      if (findAdvert(advert) === undefined) {
        throw fail('bootstrap/bad-advert', { advert: advert.slice(0, 200) });
      }
      const event: TokenEvent = { kind: 'register', protocol, slot: { memberId, advert } };
      const { stored, action, revision } = await inTurn(token, () => change(token, event));
      const known = stored.registered.find((slot) => slot.memberId === memberId);
      const createRevision = action?.kind === 'keep-slot' ? (known?.createRevision ?? revision) : revision;
      return { memberId, advert, createRevision, revision };
    },
    async free(token, memberId) {
      await inTurn(token, () => change(token, { kind: 'free', memberId }));
    },
    async renew(token) {
      await inTurn(token, () => change(token, { kind: 'renew' }));
    },
    list,
    async forgetExpired() {
      const now = clock.now();
      const expired = (await list()).filter((stored) => isExpired(stored, now));
      for (const { token } of expired) {
        await inTurn(token, () => change(token, { kind: 'look' })).catch((error: unknown) => {
          // Another process was there first.
          if (!isMusterError(error, 'bootstrap/token-unknown')) throw error;
        });
      }
      return expired.length;
    },
  };
}

interface Outcome {
  /** As it was before. */
  readonly stored: StoredToken;
  readonly action: TokenAction | undefined;
  readonly revision: number;
}

function refusal(why: TokenRefusal, { state }: StoredToken, event: TokenEvent): Error {
  const member = memberOf(event);
  const protocol = 'protocol' in state ? state.protocol : '';
  switch (why) {
    case 'unknown':
      return fail('bootstrap/token-unknown');
    case 'taken':
      return fail('bootstrap/slot-taken', { member });
    case 'clash':
      return fail('bootstrap/slot-clash', { member });
    case 'other-protocol':
      return fail('bootstrap/token-protocol', { protocol });
    case 'full':
      return fail('bootstrap/token-full');
    case 'formed':
      return fail('bootstrap/token-formed', { member });
    case 'no-such-slot':
      return fail('bootstrap/slot-unknown', { member });
    case 'cannot-tell':
      return fail('bootstrap/cannot-tell');
  }
}

function memberOf(event: TokenEvent): string {
  if (event.kind === 'look' || event.kind === 'renew') return '';
  return event.kind === 'free' ? event.memberId : event.slot.memberId;
}

function isExpired({ state }: StoredToken, now: number): boolean {
  const at = findExpiry(state);
  return at !== undefined && now >= at;
}

function tokenOf(key: Uint8Array): string {
  return Buffer.from(key.subarray(registryPrefix.length, registryPrefix.length + 32)).toString('latin1');
}
