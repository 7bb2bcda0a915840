// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type KeyValue, keyOf, textOf } from '../../etcd/index.js';
import { type DiscoveryProtocol, foldToken, type Slot, type TokenState } from '../token.js';
import { findRegistryKey } from './keys.js';

/** What muster keeps of a token beside the protocol's own keys. */
const lifeSchema = z.object({
  createdAt: z.number(),
  usedAt: z.number(),
  unusedMs: z.number(),
  /** Of the members that registered; missing as long as there are none. */
  protocol: z.enum(['v2', 'v3']).optional(),
});

export type TokenLife = z.infer<typeof lifeSchema>;

/** A slot, or a registration without one, as it lies in the store. Its create revision is its place in the order. */
export interface TakenSlot extends Slot {
  readonly createRevision: number;
  readonly modRevision: number;
}

/** All of one token at one revision. */
export interface StoredToken {
  readonly token: string;
  /** Of the store when it was read. */
  readonly revision: number;
  readonly size: { readonly value: number; readonly createRevision: number; readonly modRevision: number };
  readonly life: TokenLife;
  /** 0: somebody else made the token by its size alone. */
  readonly lifeRevision: number;
  /** Of the last freeing of a slot; 0: there was none. */
  readonly freedRevision: number;
  /** By create revision. */
  readonly registered: readonly TakenSlot[];
  /** As the records say, whatever the time. */
  readonly state: TokenState;
}

export function encodeLife(life: TokenLife): Uint8Array {
  return keyOf(JSON.stringify(life));
}

/**
 * Reads a token of all its keys; `undefined` when there is no size, or one that clients would choke on.
 *
 * @param life of a token that has none recorded
 */
export function findStoredToken(
  token: string,
  revision: number,
  kvs: readonly KeyValue[],
  life: TokenLife,
): StoredToken | undefined {
  const found: { size?: KeyValue; life?: KeyValue; freed?: KeyValue } = {};
  const registered: TakenSlot[] = [];
  for (const kv of kvs) {
    const key = findRegistryKey(textOf(kv.key));
    if (key === undefined) continue;
    if (key.kind !== 'member') found[key.kind] = kv;
    else registered.push(slotOf(key.memberId, kv));
  }
  const size = found.size === undefined ? undefined : findSize(textOf(found.size.value));
  if (found.size === undefined || size === undefined) return undefined;
  const stored = found.life === undefined ? undefined : findLife(found.life.value);
  const own = stored ?? life;
  registered.sort((left, right) => left.createRevision - right.createRevision);
  const { createRevision, modRevision } = found.size;
  return {
    token,
    revision,
    size: { value: size, createRevision, modRevision },
    life: own,
    lifeRevision: found.life?.modRevision ?? 0,
    freedRevision: found.freed?.modRevision ?? 0,
    registered,
    state: foldToken({ size, usedAt: own.usedAt, unusedMs: own.unusedMs }, protocolOf(own), registered),
  };
}

/** A token as it is when it was written for the first time. */
export function newToken(token: string, revision: number, size: number, life: TokenLife): StoredToken {
  return {
    token,
    revision,
    size: { value: size, createRevision: revision, modRevision: revision },
    life,
    lifeRevision: revision,
    freedRevision: 0,
    registered: [],
    state: foldToken({ size, usedAt: life.usedAt, unusedMs: life.unusedMs }, protocolOf(life), []),
  };
}

/** A whole number of at least 1, in plain decimals. */
export function findSize(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

function protocolOf(life: TokenLife): DiscoveryProtocol {
  return life.protocol ?? 'v3';
}

export function slotOf(memberId: string, kv: KeyValue): TakenSlot {
  const { createRevision, modRevision } = kv;
  return { memberId, advert: textOf(kv.value), createRevision, modRevision };
}

function findLife(value: Uint8Array): TokenLife | undefined {
  try {
    return lifeSchema.safeParse(JSON.parse(textOf(value))).data;
  } catch {
    return undefined;
  }
}
