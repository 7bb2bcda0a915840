// SPDX-License-Identifier: Apache-2.0

import type { SeededRandom } from './seeded-random.js';

/**
 * One call to be made on several stores. Revisions are relative to a base, keys stand for themselves, so that it
 * can be made again later on a store that has gone on.
 */
export type RandomCall =
  | { readonly kind: 'range'; readonly range: RandomRange }
  | { readonly kind: 'put'; readonly put: RandomPut }
  | { readonly kind: 'delete'; readonly remove: RandomDelete }
  | { readonly kind: 'txn'; readonly txn: RandomTxn }
  | { readonly kind: 'compact'; readonly at: number; readonly physical: boolean }
  | { readonly kind: 'grant' | 'revoke' | 'time' | 'keepalive'; readonly lease: number }
  | { readonly kind: 'leases' }
  | { readonly kind: 'watch'; readonly watch: RandomWatch };

export interface Bounds {
  readonly key: string;
  readonly rangeEnd: string;
}

/** A revision: 0 for none, else so many after the base. */
type At = number | 'none' | 'negative';

export interface RandomRange extends Bounds {
  readonly limit: number;
  readonly revision: At;
  readonly sortOrder: 0 | 1 | 2;
  readonly sortTarget: 0 | 1 | 2 | 3 | 4;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly serializable: boolean;
  readonly minModRevision: At;
  readonly maxModRevision: At;
  readonly minCreateRevision: At;
  readonly maxCreateRevision: At;
}

export interface RandomPut {
  readonly key: string;
  readonly value: string;
  readonly lease: number;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export interface RandomDelete extends Bounds {
  readonly prevKv: boolean;
}

export interface RandomCompare extends Bounds {
  readonly result: 0 | 1 | 2 | 3;
  readonly target: 0 | 1 | 2 | 3 | 4;
  readonly number: number;
  readonly value: string;
  readonly isBare: boolean;
}

export interface RandomTxn {
  readonly compare: readonly RandomCompare[];
  readonly success: readonly RandomOp[];
  readonly failure: readonly RandomOp[];
}

export type RandomOp = Extract<RandomCall, { kind: 'range' | 'put' | 'delete' | 'txn' }>;

export interface RandomWatch extends Bounds {
  readonly startRevision: number | 'negative';
  readonly prevKv: boolean;
  readonly filter: 'none' | 'no-put' | 'no-delete';
}

/** Few keys, so that calls meet; some are beginnings of others, one is empty, one not text. */
const keys = ['a', 'b', 'c', 'd', 'ab', 'abc', 'a\0', 'b\xff', 'e', ''] as const;
const ends = ['', '', '', '', '', 'b', 'c', 'e', 'z', '\0', 'a', 'ac', 'b\0'] as const;
const values = ['', '1', '2', '3', 'x', 'longer text'] as const;

/** Revisions a test can name, near the newest. @param head writes since the base, as far as one can tell */
export function randomCall(random: SeededRandom, head: number): RandomCall {
  const n = random.below(1000);
  if (n < 300) return { kind: 'put', put: randomPut(random) };
  if (n < 520) return { kind: 'range', range: randomRange(random, head) };
  if (n < 620) return { kind: 'delete', remove: { ...bounds(random), prevKv: random.chance(0.5) } };
  if (n < 850) return { kind: 'txn', txn: randomTxn(random, head, 0) };
  if (n < 880) return { kind: 'grant', lease: random.below(6) };
  if (n < 905) return { kind: 'revoke', lease: random.below(6) };
  if (n < 925) return { kind: 'time', lease: random.below(6) };
  if (n < 940) return { kind: 'keepalive', lease: random.below(6) };
  if (n < 950) return { kind: 'leases' };
  if (n < 970) return { kind: 'compact', at: head - random.below(30), physical: random.chance(0.5) };
  return { kind: 'watch', watch: randomWatch(random, head) };
}

function bounds(random: SeededRandom): Bounds {
  return { key: random.pick(keys), rangeEnd: random.pick(ends) };
}

function at(random: SeededRandom, head: number, share: number): At {
  if (!random.chance(share)) return 'none';
  return random.chance(0.03) ? 'negative' : head + 3 - random.below(Math.min(30, head + 4));
}

function randomRange(random: SeededRandom, head: number): RandomRange {
  return {
    ...bounds(random),
    limit: random.chance(0.3) ? random.below(5) - 1 : 0,
    revision: at(random, head, 0.3),
    sortOrder: random.pick([0, 0, 0, 1, 2] as const),
    sortTarget: random.pick([0, 0, 1, 2, 3, 4] as const),
    keysOnly: random.chance(0.15),
    countOnly: random.chance(0.15),
    serializable: random.chance(0.3),
    minModRevision: at(random, head, 0.1),
    maxModRevision: at(random, head, 0.1),
    minCreateRevision: at(random, head, 0.1),
    maxCreateRevision: at(random, head, 0.1),
  };
}

function randomPut(random: SeededRandom): RandomPut {
  const ignoreValue = random.chance(0.1);
  const ignoreLease = random.chance(0.1);
  return {
    key: random.pick(keys),
    value: ignoreValue && random.chance(0.8) ? '' : random.pick(values),
    lease: (ignoreLease && random.chance(0.8)) || random.chance(0.7) ? -1 : random.below(6),
    prevKv: random.chance(0.4),
    ignoreValue,
    ignoreLease,
  };
}

function randomCompare(random: SeededRandom, head: number): RandomCompare {
  return {
    key: random.pick(keys),
    rangeEnd: random.chance(0.3) ? random.pick(ends) : '',
    result: random.pick([0, 1, 2, 3] as const),
    target: random.pick([0, 1, 2, 3, 4] as const),
    number: random.chance(0.5) ? random.below(4) : head - random.below(20),
    value: random.pick(values),
    isBare: random.chance(0.05),
  };
}

function randomTxn(random: SeededRandom, head: number, depth: number): RandomTxn {
  const op = () => randomOp(random, head, depth);
  const ops = () => [...Array.from({ length: random.below(4) }, op), ...toTheEnd(random, depth)];
  const compare = Array.from({ length: random.below(3) }, () => randomCompare(random, head));
  return { compare, success: ops(), failure: random.chance(0.6) ? ops() : [] };
}

/**
 * A delete to the end of all keys may go with puts of the same keys, but comes last. etcd 3.5.16 does not stand a put
 * of what the same txn deleted: it ends when the put keeps the old value, and when it is later compacted at that
 * very revision it loses the key, and ends with the next read of it.
 */
function toTheEnd(random: SeededRandom, depth: number): readonly RandomOp[] {
  if (depth > 0 || !random.chance(0.1)) return [];
  const { key } = bounds(random);
  return [{ kind: 'delete', remove: { key, rangeEnd: '\0', prevKv: random.chance(0.5) } }];
}

function randomOp(random: SeededRandom, head: number, depth: number): RandomOp {
  const n = random.below(100);
  if (n < 40) return { kind: 'put', put: randomPut(random) };
  if (n < 65) return { kind: 'range', range: randomRange(random, head) };
  if (n < 85 || depth > 2) return { kind: 'delete', remove: removeInTxn(random) };
  return { kind: 'txn', txn: randomTxn(random, head, depth + 1) };
}

function removeInTxn(random: SeededRandom): RandomDelete {
  const { key, rangeEnd } = bounds(random);
  return { key, rangeEnd: rangeEnd === '\0' ? 'z' : rangeEnd, prevKv: random.chance(0.5) };
}

function randomWatch(random: SeededRandom, head: number): RandomWatch {
  return {
    ...bounds(random),
    startRevision: random.chance(0.03) ? 'negative' : Math.max(1, head + 1 - random.below(20)),
    prevKv: random.chance(0.5),
    filter: random.pick(['none', 'none', 'no-put', 'no-delete'] as const),
  };
}
