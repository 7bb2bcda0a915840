// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../src/etcd/methods.js';
import { differencesOf } from '../conformance/difference.js';
import { messageOf, requestOf } from '../conformance/message.js';
import type { Wire } from '../conformance/wire-client.js';
import { knownPlaces } from './known.js';
import { perform } from './perform.js';
import type { RandomCall } from './random-calls.js';

/** Two stores and what counts as revision 0 on each. */
export interface Pair {
  readonly ours: Wire;
  readonly etcd: Wire;
}

export interface Bases {
  readonly ours: number;
  readonly etcd: number;
}

export interface Difference {
  readonly call: RandomCall;
  readonly places: readonly string[];
}

/** Makes both stores empty, with all of their past forgotten, and returns their revisions. */
export async function resetBoth(pair: Pair): Promise<Bases> {
  const [ours, etcd] = await Promise.all([reset(pair.ours), reset(pair.etcd)]);
  return { ours, etcd };
}

/** Makes one call on both; the places where the answers differ, none when they are alike. */
export async function callBoth(pair: Pair, call: RandomCall, bases: Bases): Promise<readonly string[]> {
  const [ours, etcd] = await Promise.all([
    perform(pair.ours, call, bases.ours),
    perform(pair.etcd, call, bases.etcd),
  ]);
  const isKnown = (text: string) => knownPlaces.some(({ place }) => place.test(text));
  return differencesOf(ours, etcd).filter((text) => !isKnown(text));
}

/** Makes the calls from empty stores on; what differed first, if anything. */
export async function runCalls(pair: Pair, calls: readonly RandomCall[]): Promise<Difference | undefined> {
  const bases = await resetBoth(pair);
  for (const call of calls) {
    const places = await callBoth(pair, call, bases);
    if (places.length > 0) return { call, places };
  }
  return undefined;
}

/** How many revisions `wire` is after `base`. */
export async function headOf(wire: Wire, base: number): Promise<number> {
  const { messages } = await wire.unary(
    methods.range.path,
    requestOf(methods.range, { key: Uint8Array.of(1), countOnly: true }),
  );
  return (messageOf(methods.range, messages[0] ?? new Uint8Array(0)).header?.revision ?? base) - base;
}

async function reset(wire: Wire): Promise<number> {
  const { leases, revokeLease, deleteRange, compact, put } = methods;
  const listed = await wire.unary(leases.path, requestOf(leases, {}));
  for (const { ID } of messageOf(leases, listed.messages[0] ?? new Uint8Array(0)).leases) {
    await wire.unary(revokeLease.path, requestOf(revokeLease, { ID }));
  }
  await wire.unary(put.path, requestOf(put, { key: Uint8Array.of(1) }));
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  await wire.unary(deleteRange.path, requestOf(deleteRange, all));
  const revision = await headOf(wire, 0);
  await wire.unary(compact.path, requestOf(compact, { revision }));
  return revision;
}
