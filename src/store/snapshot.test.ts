// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteSource, realRandom, silentLog } from '../effects/index.js';
import { manualClock, memoryBytes } from '../effects/testing.js';
import { type Kv, keyOf, prefixRange } from '../etcd/index.js';
import { isMusterError, leaseId } from '../model/index.js';
import type { Backend, BackendView } from './backend.js';
import { openDatabase } from './bolt/read-database.js';
import { memoryBackend } from './memory-backend.js';
import { openStoreOn } from './open-store.js';
import { readSnapshot, verifySnapshot } from './read-snapshot.js';
import { decodeRecordKey, encodeRecord, encodeRecordKey } from './record.js';
import { fillFrom } from './restore-snapshot.js';
import { snapshotFile, takeSnapshot } from './take-snapshot.js';

const open = (backend: Backend) =>
  openStoreOn(backend, { clock: manualClock(), random: realRandom, log: silentLog }, { verify: 'full' });
const forever = new AbortController().signal;

async function fileOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of snapshotFile(pieces)) all.push(piece);
  return Buffer.concat(all);
}

const put = (kv: Kv, key: string, value: string) => kv.put({ key: keyOf(key), value: keyOf(value) });

/** A store with a bit of everything, as a file. */
async function smallSnapshot(): Promise<Buffer> {
  const store = await open(memoryBackend());
  await store.kv.grantLease(60, leaseId(7n));
  await store.kv.put({ key: keyOf('leased'), value: keyOf('x'), lease: leaseId(7n) });
  for (let n = 0; n < 300; n += 1) await put(store.kv, `k${n % 90}`, `value ${n}`);
  await store.kv.deleteRange(prefixRange('k1'));
  await store.kv.compact(100, { physical: true });
  await store.auth.roleAdd('reader');
  await store.auth.roleGrantPermission('reader', { kind: 'read', key: keyOf('k'), rangeEnd: keyOf('l') });
  await store.auth.userAdd({ name: 'cert', password: '', hasPassword: false });
  await store.auth.userGrantRole('cert', 'reader');
  const file = await fileOf((await store.maintenance.snapshot(forever)).pieces);
  await store.close();
  return file;
}

describe('a snapshot of somebody else', () => {
  test('with any bytes changed and the sum made anew gives a sound store or is refused', async () => {
    const file = await smallSnapshot();
    const change = fc.record({ at: fc.nat(file.length - 33), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bad = Buffer.from(file);
        for (const { at, to } of changes) bad[at] = to;
        createHash('sha256')
          .update(bad.subarray(0, -32))
          .digest()
          .copy(bad, bad.length - 32);
        const backend = memoryBackend();
        const problem = await fillFrom(realRandom, memoryBytes(bad), backend, {}).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (problem === undefined) await (await open(backend)).close();
        else expect(isMusterError(problem, 'store/snapshot-invalid') ? 'refused' : problem).toBe('refused');
      }),
      { numRuns: 150 },
    );
  });

  test('without a checksum, or with a wrong one, is taken only when that is wanted', async () => {
    const file = await smallSnapshot();
    const wrong = Buffer.from(file).fill(0, file.length - 32);
    for (const bad of [wrong, file.subarray(0, -32)]) {
      await expect(verifySnapshot(memoryBytes(bad))).rejects.toMatchObject({
        code: 'store/snapshot-invalid',
      });
      await verifySnapshot(memoryBytes(bad), { skipsHashCheck: true });
    }
  });

  test('that cannot be read is no damaged one', async () => {
    const broken = Object.assign(new Error('EIO'), { syscall: 'read' });
    const source: ByteSource = { sizeBytes: 8192 + 32, read: () => Promise.reject(broken) };
    await expect(verifySnapshot(source)).rejects.toBe(broken);
  });
});

describe('a snapshot', () => {
  test('of a compaction under way leaves it to whoever opens it', async () => {
    const backend = memoryBackend();
    const store = await open(backend);
    for (let n = 0; n < 5; n += 1) await put(store.kv, 'a', `${n}`);
    await store.kv.compact(4, { physical: true });
    const metaOf = async (forgottenRevision: number) => {
      const file = await fileOf((await takeSnapshot(backend, forgottenRevision, forever)).pieces);
      const names: string[] = [];
      for await (const cells of (await openDatabase(memoryBytes(file), file.length - 32)).entries('meta')) {
        names.push(...cells.map(({ key }) => Buffer.from(key).toString()));
      }
      return names;
    };
    const always = ['confState', 'consistent_index', 'scheduledCompactRev', 'term'];
    expect(await metaOf(3)).toEqual(always);
    expect(await metaOf(4)).toEqual([...always, 'finishedCompactRev'].sort());
    await store.close();
  });

  test('is written and read in bounded memory', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const heldBytes = async () => {
      collect();
      // What buffers held is given back by other threads, a moment later.
      await setImmediate();
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const backend = manyRecords(200_000, 500);
    const before = await heldBytes();
    const held: number[] = [];
    const { pieces, sizeBytes } = await takeSnapshot(backend, -1, forever);
    expect(sizeBytes).toBeGreaterThan(100_000_000);
    const kept = Buffer.alloc(sizeBytes);
    let at = 0;
    for await (const piece of pieces) {
      kept.set(piece, at);
      at += piece.length;
      if (at >= (held.length + 1) * 20_000_000) held.push((await heldBytes()) - before - sizeBytes);
    }
    const seen = { items: 0, calls: 0 };
    await readSnapshot(memoryBytes(kept), { skipsHashCheck: true }, async (items) => {
      seen.items += items.length;
      seen.calls += 1;
      if (seen.calls % 5_000 === 0) held.push((await heldBytes()) - before - sizeBytes);
    });
    expect(seen.items).toBeGreaterThanOrEqual(200_000);
    expect(held.length).toBeGreaterThan(8);
    expect(Math.max(...held)).toBeLessThan(64 * 1024 * 1024);
  }, 180_000);
});

/** A store that is nowhere: its entries are made when they are read. */
function manyRecords(count: number, valueBytes: number): Backend {
  const view: BackendView = {
    scan(from, to, visit) {
      if (from[0] !== 'r'.charCodeAt(0) || to[0] === from[0]) return;
      const first = from.length < 13 ? 2 : decodeRecordKey(from).revision;
      for (let revision = first; revision < count + 2; revision += 1) {
        const record = encodeRecord({
          isDelete: false,
          createRevision: revision,
          version: 1,
          lease: leaseId(0n),
          key: keyOf(`key ${revision}`),
          value: new Uint8Array(valueBytes),
        });
        if (!visit(encodeRecordKey(revision, 0), record)) return;
      }
    },
    close: () => {},
  };
  return { ...memoryBackend(), view: () => view };
}
