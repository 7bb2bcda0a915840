// SPDX-License-Identifier: Apache-2.0

import { expect } from 'vitest';
import { methods } from '../../src/etcd/methods.js';
import { type MethodOf, messageOf, requestOf } from '../conformance/message.js';
import type { Wire } from '../conformance/wire-client.js';
import { type History, pairs, registers } from './clients.js';
import { isLinearizable } from './linearizable.js';

/** What the registers held, by key. */
export type Registers = ReadonlyMap<string, string>;

/** Checks a store that was opened again against what clients of the one that died were told. */
export async function verify(wire: Wire, before: Registers, history: History): Promise<Registers> {
  const now = await readRegisters(wire);
  const head =
    (await ask(wire, methods.range, { key: Uint8Array.of(1), countOnly: true })).header?.revision ?? 0;
  expect(head, 'the revision went back').toBeGreaterThanOrEqual(history.newest);
  await verifyWrites(wire, history);
  await verifyPairs(wire);
  await verifyLeases(wire, history);
  for (const key of registers) {
    // A read without an answer saw nothing that could be wrong.
    const operations = (history.operations.get(key) ?? []).filter(
      ({ action, end }) => end !== undefined || action.kind !== 'read',
    );
    const isFine = isLinearizable(operations, before.get(key) ?? '', now.get(key) ?? '');
    expect(isFine, `no order explains ${JSON.stringify({ key, operations, now: now.get(key) })}`).toBe(true);
  }
  return now;
}

export async function readRegisters(wire: Wire): Promise<Registers> {
  const values = await Promise.all(
    registers.map(async (key) => [key, (await valueOfKey(wire, key)).value] as const),
  );
  return new Map(values);
}

/** Each answered write is there at its revision. */
async function verifyWrites(wire: Wire, { written }: History): Promise<void> {
  const found = await Promise.all(
    written.map(async ({ key, revision }) => ({ key, revision, ...(await valueOfKey(wire, key, revision)) })),
  );
  expect(
    found.map(({ key, revision, value, modRevision }) => ({ key, revision, value, modRevision })),
  ).toEqual(written.map((one) => ({ ...one, modRevision: one.revision })));
}

/** Both halves of the newest txn, answered or not. */
async function verifyPairs(wire: Wire): Promise<void> {
  for (const pair of pairs) {
    const [left, right] = await Promise.all([
      valueOfKey(wire, `${pair}left`),
      valueOfKey(wire, `${pair}right`),
    ]);
    expect(left, `half of ${pair}`).toEqual(right);
  }
}

async function verifyLeases(wire: Wire, { leases, revoked, leaving }: History): Promise<void> {
  const listed = await ask(wire, methods.leases, {});
  const there = new Set(listed.leases.map(({ ID }) => ID));
  expect(
    [...leases].filter((id) => !there.has(id)),
    'leases lost',
  ).toEqual([]);
  expect(
    [...revoked].filter((id) => there.has(id)),
    'leases that came back',
  ).toEqual([]);
  for (const id of [...leases, ...leaving].filter((one) => there.has(one))) {
    const { grantedTTL, TTL } = await ask(wire, methods.timeToLive, { ID: id });
    expect({ grantedTTL, runs: TTL > 4_000 && TTL <= 5_000 }).toEqual({ grantedTTL: 5_000, runs: true });
  }
  const attached = await ask(wire, methods.range, { key: bytes('lease/'), rangeEnd: bytes('lease0') });
  for (const { key, lease } of attached.kvs) {
    expect(Buffer.from(key).toString('latin1')).toBe(`lease/${lease}`);
    expect(there.has(lease), `a key of the lease ${lease}, which is gone`).toBe(true);
  }
}

async function valueOfKey(wire: Wire, key: string, revision = 0) {
  const { kvs } = await ask(wire, methods.range, { key: bytes(key), revision });
  const [kv] = kvs;
  return { value: Buffer.from(kv?.value ?? []).toString('latin1'), modRevision: kv?.modRevision ?? 0 };
}

async function ask<Req, Res>(wire: Wire, method: MethodOf<Req, Res>, fields: Partial<Req>): Promise<Res> {
  const { status, text, messages } = await wire.unary(method.path, requestOf(method, fields));
  const [message] = messages;
  if (status !== 0 || message === undefined) throw new Error(`${method.path}: ${status} ${text}`);
  return messageOf(method, message);
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
