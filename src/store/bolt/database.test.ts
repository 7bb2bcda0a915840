// SPDX-License-Identifier: Apache-2.0

import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryBytes } from '../../effects/testing.js';
import type { Entry } from '../view-slices.js';
import { encodeBranch, pageBytes } from './page.js';
import { openDatabase } from './read-database.js';
import { type BucketContent, measureDatabase, writeDatabase } from './write-database.js';

type Content = Readonly<Record<string, readonly Entry[]>>;

function bucketsOf(content: Content): readonly BucketContent[] {
  const names = Object.keys(content).sort();
  return names.map((name) => ({
    name,
    async *entries() {
      yield content[name] ?? [];
    },
  }));
}

async function write(content: Content): Promise<Buffer> {
  const buckets = bucketsOf(content);
  const pieces: Uint8Array[] = [];
  for await (const piece of writeDatabase(buckets, await measureDatabase(buckets))) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function read(file: Buffer): Promise<Content> {
  const database = await openDatabase(memoryBytes(file), file.length);
  const content: Record<string, readonly Entry[]> = {};
  for (const name of database.buckets) {
    const entries: Entry[] = [];
    for await (const cells of database.entries(name)) {
      for (const { key, value } of cells) entries.push({ key: Buffer.from(key), value: Buffer.from(value) });
    }
    content[name] = entries;
  }
  return content;
}

/** Of the nth cell of a leaf. */
function valueAt(leaf: Buffer, cell: number): Buffer {
  const row = 16 + cell * 16;
  const start = row + leaf.readUInt32LE(row + 4) + leaf.readUInt32LE(row + 8);
  return leaf.subarray(start, start + leaf.readUInt32LE(row + 12));
}

/** So many entries with keys that count up. */
function entries(count: number, valueBytes: number, keyBytes = 17): readonly Entry[] {
  return Array.from({ length: count }, (_, n) => {
    const key = Buffer.alloc(keyBytes);
    key.writeUInt32BE(n, keyBytes - 4);
    return { key, value: Buffer.alloc(valueBytes, n) };
  });
}

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array.buffer, array.byteOffset, array.length));
const anyEntries = fc
  .uniqueArray(fc.record({ key: bytes(40), value: fc.oneof(bytes(60), bytes(9_000)) }), {
    selector: ({ key }) => key.toString('latin1'),
    maxLength: 400,
  })
  .map((list) => list.sort((left, right) => left.key.compare(right.key)));

describe('a database', () => {
  test('holds what was written, whatever it is', async () => {
    const anyContent = fc.dictionary(fc.stringMatching(/^[a-zA-Z][a-zA-Z_]{0,19}$/), anyEntries, {
      maxKeys: 5,
    });
    await fc.assert(
      fc.asyncProperty(anyContent, async (content) => {
        const file = await write(content);
        expect(file.length % pageBytes).toBe(0);
        expect(await read(file)).toEqual(Object.fromEntries(Object.entries(content)));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    // Meta pages, the list of free pages, the root.
    ['nothing', {}, 4],
    ['small buckets lie in the root', { a: [], b: entries(20, 10), c: entries(1, 900) }, 4],
    ['a bucket above a quarter of a page gets one', { a: entries(25, 10) }, 5],
    ['97 entries fill a page', { key: entries(97, 9) }, 3 + 1 + 1],
    ['one more takes a second and a branch', { key: entries(98, 9) }, 3 + 2 + 1 + 1],
    ['a value of 1 MiB lies on pages of its own', { key: entries(1, 1024 * 1024) }, 3 + 257 + 1],
    ['three levels', { key: entries(20_000, 9) }, 3 + 207 + 2 + 1 + 1],
  ])('of %s takes as many pages as it must', async (_, content: Content, pages) => {
    const file = await write(content);
    expect(file.length / pageBytes).toBe(pages);
    expect(isDeepStrictEqual(await read(file), content)).toBe(true);
  });

  test('is not made of keys out of order', async () => {
    await expect(write({ a: entries(3, 1).toReversed() })).rejects.toThrow('not in order');
    const again = entries(1, 1);
    await expect(write({ a: [...again, ...again] })).rejects.toThrow('not in order');
  });
});

describe('a database of somebody else', () => {
  const sound = { key: entries(3_000, 30), lease: entries(3, 10, 8), meta: entries(1, 2_000) };

  test.each([
    ['has no meta page', (file: Buffer) => file.fill(0, 0, 2 * pageBytes), 'no sound meta page'],
    ['is cut off', (file: Buffer) => file.subarray(0, -pageBytes), 'it is cut off'],
    [
      'names another page',
      (file: Buffer) => file.writeUInt8(77, 4 * pageBytes),
      'page 4 says that it is page 77',
    ],
    ['has a page of another kind', (file: Buffer) => file.writeUInt8(0x10, 4 * pageBytes + 8), 'kind 16'],
    [
      'counts too many keys',
      (file: Buffer) => file.writeUInt16LE(9_999, 4 * pageBytes + 10),
      'no room for 9999',
    ],
    ['has an empty page', (file: Buffer) => file.writeUInt16LE(0, 4 * pageBytes + 10), 'page 4 is empty'],
    [
      'has a long page',
      (file: Buffer) => file.writeUInt32LE(9_999, 4 * pageBytes + 12),
      'beyond the last page',
    ],
    ['has a long key', (file: Buffer) => file.writeUInt32LE(9_999, 4 * pageBytes + 24), 'beyond its end'],
    [
      'has keys out of order',
      (file: Buffer) => file.copy(file, 5 * pageBytes + 16, 4 * pageBytes + 16, 5 * pageBytes),
      'not in order',
    ],
  ])('that %s is refused', async (_, damage, reason) => {
    const file = await write(sound);
    const damaged = damage(file);
    await expect(read(Buffer.isBuffer(damaged) ? damaged : file)).rejects.toThrow(reason);
  });

  test('that leads in circles is refused', async () => {
    const file = await write(sound);
    const branch = Array.from({ length: file.length / pageBytes }, (_, id) => id).find(
      (id) => id > 2 && file.readUInt16LE(id * pageBytes + 8) === 1,
    );
    const at = (branch ?? 0) * pageBytes;
    file.writeBigUInt64LE(BigInt(branch ?? 0), at + 16 + 8);
    await expect(read(file)).rejects.toThrow(`page ${branch} is in two places`);
    // Back to an earlier leaf.
    file.writeBigUInt64LE(3n, at + 16 + 8);
    file.writeBigUInt64LE(3n, at + 32 + 8);
    await expect(read(file)).rejects.toThrow('page 3 is in two places');
  });

  test('that leads deeper than any tree is refused', async () => {
    const file = await write(sound);
    const last = file.length / pageBytes - 1;
    for (let id = 3; id < last; id += 1) {
      const below = id + 1 === last ? 3 : id + 1;
      encodeBranch(id, [{ key: Buffer.alloc(0), page: below }], pageBytes).copy(file, id * pageBytes);
    }
    await expect(read(file)).rejects.toThrow('deeper than any tree');
  });

  test('that makes more of itself than it is long is refused', async () => {
    // Two buckets of the same pages.
    const twice = await write({ a: entries(200, 30), b: entries(300, 30) });
    const root = twice.subarray(-pageBytes);
    const [a, b] = [valueAt(root, 0), valueAt(root, 1)];
    a.copy(b);
    await expect(read(twice)).rejects.toThrow('is in two places');
    // A value that has the ones behind it in it.
    const within = await write({ a: entries(3, 1_000) });
    const leaf = within.subarray(3 * pageBytes, 4 * pageBytes);
    leaf.writeUInt32LE(leaf.readUInt32LE(16 + 12) + 2 * 1_017, 16 + 12);
    await expect(read(within)).rejects.toThrow('lie in each other');
    // A page in the pages of another.
    const long = await write({ a: entries(2, 9_000) });
    long.writeBigUInt64LE(4n, 4 * pageBytes);
    const branch = long.subarray(-2 * pageBytes, -pageBytes);
    branch.writeBigUInt64LE(4n, 32 + 8);
    await expect(read(long)).rejects.toThrow('page 4 is in two places');
  });

  test('the older meta page serves when the newer one is damaged', async () => {
    const file = await write(sound);
    file.fill(0xff, 0, 200);
    expect(isDeepStrictEqual(await read(file), sound)).toBe(true);
  });

  test('with any bytes changed is read to an end, in bounded time and memory', async () => {
    const file = await write({ ...sound, key: entries(900, 30) });
    const change = fc.record({ at: fc.nat(file.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const bad = Buffer.from(file);
        for (const { at, to } of changes) bad[at] = to;
        const content = await read(bad).catch((error: unknown) => String(error));
        if (typeof content === 'string') expect(content).toMatch(/^Error: /);
      }),
      { numRuns: 500 },
    );
  });
});
