// SPDX-License-Identifier: Apache-2.0

/**
 * Hash, HashKV and Snapshot: the same calls on muster's store, on memory and on disk, and on real etcd 3.4 and 3.5, all
 * of them new; the database of each is then the same, entry for entry, but for members and what is of the log.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memoryBytes } from '../../src/effects/testing.js';
import { connect, type Kv, keyOf, type Op } from '../../src/etcd/index.js';
import { memberSpecs } from '../../src/etcd/methods-member.js';
import { leaseId } from '../../src/model/index.js';
import { openDatabase } from '../../src/store/bolt/read-database.js';
import { type SeededRandom, seededRandom } from '../fuzz/seeded-random.js';
import { type Implementation, type OpenEndpoints, openEndpoints } from './implementations.js';
import { bytesOf, type MethodOf, messageOf, requestOf } from './message.js';

const all: readonly Implementation[] = ['etcd 3.5', 'etcd 3.4', 'memory', 'disk'];
const parts: { endpoints: OpenEndpoints | undefined } = { endpoints: undefined };
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

beforeAll(async () => {
  parts.endpoints = await openEndpoints(all);
});
afterAll(() => parts.endpoints?.close());

function opened(): OpenEndpoints {
  if (parts.endpoints === undefined) throw new Error('nothing is started');
  return parts.endpoints;
}

/** Made of the seed alone, so each implementation gets the same. @returns the newest revision and the compacted one */
async function writeAtRandom(kv: Kv, random: SeededRandom, calls: number) {
  const key = () => keyOf(`k${random.below(12)}`);
  const put = (): Op => ({
    kind: 'put',
    request: { key: key(), value: keyOf(`${random.below(1_000_000)}`) },
  });
  const found = { newest: 1, compacted: -1 };
  for (let n = 0; n < calls; n += 1) {
    const kind = random.below(20);
    if (kind < 11)
      await kv.put({ key: key(), value: keyOf(`${n}`), ...(kind < 2 ? { lease: leaseId(7n) } : {}) });
    else if (kind < 17) await kv.deleteRange({ key: key() });
    else if (kind < 18) await kv.deleteRange({ key: keyOf('k'), rangeEnd: keyOf(`k${random.below(10)}`) });
    else if (kind < 19)
      await kv.txn({ compare: [], success: onEachKeyOnce([put(), put(), put()]), failure: [] });
    else if (random.chance(0.4)) {
      const at = found.newest - random.below(5);
      if (at <= found.compacted || at < 1) continue;
      await kv.compact(at, { physical: true });
      found.compacted = at;
    }
    found.newest = (await kv.range({ key: keyOf('k') })).revision;
  }
  return found;
}

function onEachKeyOnce(ops: readonly Op[]): readonly Op[] {
  const nameOf = (op: Op) => (op.kind === 'put' ? Buffer.from(op.request.key).toString() : '');
  return ops.filter((op, index) => ops.findIndex((one) => nameOf(one) === nameOf(op)) === index);
}

async function ask<Req, Res>(name: Implementation, method: MethodOf<Req, Res>, request: Partial<Req>) {
  const { status, text, messages } = await opened().wire(name).unary(method.path, requestOf(method, request));
  const read = messages.map((bytes) => messageOf(method, bytes));
  for (const [n, message] of read.entries()) {
    expect(Buffer.from(bytesOf(method, message)).equals(messages[n] ?? Buffer.alloc(0))).toBe(true);
  }
  return { status, text, messages: read };
}

async function hashAt(name: Implementation, revision: number) {
  const { status, text, messages } = await ask(name, memberSpecs.hashKv, { revision });
  const { hash, compactRevision } = messages[0] ?? {};
  return { revision, status, text, hash, compactRevision };
}

/** The file, after what stock tools rely on was checked. */
async function savedOf(name: Implementation): Promise<Buffer> {
  const { status, messages } = await ask(name, memberSpecs.snapshot, {});
  expect(status).toBe(0);
  const blobs = messages.map(({ blob }) => blob);
  const content = Buffer.concat(blobs.slice(0, -1));
  expect(Buffer.from(blobs.at(-1) ?? [])).toEqual(createHash('sha256').update(content).digest());
  expect(content.length % 4096).toBe(0);
  expect(Math.max(...blobs.map(({ length }) => length))).toBeLessThanOrEqual(32 * 1024);
  let left = content.length;
  for (const { blob, remainingBytes } of messages.slice(0, -1)) {
    left -= blob.length;
    expect(remainingBytes).toBe(left);
  }
  expect(messages.at(-1)?.remainingBytes).toBe(0);
  return content;
}

/** Each bucket as lines of hex; without members, versions, and what is of the log. */
async function entriesOf(file: Buffer) {
  const database = await openDatabase(memoryBytes(file), file.length);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const lines = async (bucket: string) => {
    const found: string[] = [];
    for await (const cells of database.entries(bucket)) {
      for (const { key, value } of cells) found.push(`${hex(key)} ${hex(value)}`);
    }
    return found;
  };
  const same = ['key', 'lease', 'auth', 'authRoles', 'authUsers', 'alarm'];
  const compaction = (await lines('meta')).filter((line) =>
    line.startsWith(hex(Buffer.from('finishedCompactRev'))),
  );
  return {
    buckets: database.buckets,
    entries: await Promise.all(same.map(lines)),
    compaction,
  };
}

test(`after the same calls HashKV and Snapshot are the same everywhere (SEED=${seed})`, async () => {
  const spans = await Promise.all(
    all.map(async (name) => {
      const client = connect([opened().url(name)]);
      try {
        await client.grantLease(5_000, leaseId(7n));
        await client.grantLease(6_000, leaseId(-8n));
        return await writeAtRandom(client, seededRandom(seed), 400);
      } finally {
        await client.close();
      }
    }),
  );
  const [span] = spans;
  expect(new Set(spans.map((one) => JSON.stringify(one))).size).toBe(1);
  const { newest, compacted } = span ?? { newest: 0, compacted: 0 };
  expect(newest).toBeGreaterThan(100);

  // At the very revision of a compaction etcd answers with the hash that it took while it compacted.
  const first = Math.max(1, compacted + 1);
  const revisions = [0, newest + 1, ...Array.from({ length: newest - first + 1 }, (_, n) => first + n)];
  for (const revision of revisions) {
    const [reference, ...others] = await Promise.all(all.map((name) => hashAt(name, revision)));
    for (const other of others) expect(other).toEqual(reference);
  }

  const [reference, ...others] = await Promise.all(all.map(async (name) => entriesOf(await savedOf(name))));
  for (const other of others)
    expect(withoutNewer(other, compacted)).toEqual(withoutNewer(reference, compacted));
});

/** 3.4 forgets a delete at the very revision of a compaction, which 3.5.16 and muster keep. */
function withoutNewer(found: Awaited<ReturnType<typeof entriesOf>> | undefined, compacted: number) {
  const prefix = compacted.toString(16).padStart(16, '0');
  const isKept = (line: string) => !(line.startsWith(prefix) && line.slice(34, 36) === '74');
  return { ...found, entries: found?.entries.map((lines) => lines.filter(isKept)) };
}

test('Hash of the same database is the same, and another one after a write', async () => {
  const hashOf = async (name: Implementation) => (await ask(name, memberSpecs.hash, {})).messages[0]?.hash;
  for (const name of all) {
    const before = await hashOf(name);
    expect(await hashOf(name)).toBe(before);
    const client = connect([opened().url(name)]);
    await client.put({ key: keyOf('another'), value: keyOf(name) }).finally(() => client.close());
    expect(await hashOf(name)).not.toBe(before);
  }
});
