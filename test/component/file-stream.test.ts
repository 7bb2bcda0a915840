// SPDX-License-Identifier: Apache-2.0

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realOpenFile } from '../../src/effects/index.js';

const mebibyte = 2 ** 20;

/** The checksum of what is read from the file at this moment. */
async function sumOf(path: string, start: number, end: number): Promise<string> {
  const opened = await realOpenFile(path);
  if (opened === undefined) throw new Error(`no file at ${path}`);
  const sum = createHash('sha256');
  for await (const part of opened.stream(start, end)) sum.update(part);
  return sum.digest('hex');
}

test('any range of a file, read by many at one time, and after it was written anew', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-file-'));
  try {
    const path = join(folder, 'initrd');
    const ranges = [
      [0, 5 * mebibyte + 3],
      [2 * mebibyte - 1, 2 * mebibyte + 1],
      [4 * mebibyte, 4 * mebibyte + 1],
      [7, 3 * mebibyte],
      [5 * mebibyte, 5 * mebibyte + 3],
    ] as const;
    for (let version = 0; version < 2; version += 1) {
      const bytes = randomBytes(5 * mebibyte + 3);
      await writeFile(path, bytes);
      const sums = await Promise.all([...ranges, ...ranges].map(([start, end]) => sumOf(path, start, end)));
      const wanted = ranges.map(([start, end]) =>
        createHash('sha256').update(bytes.subarray(start, end)).digest('hex'),
      );
      expect(sums).toEqual([...wanted, ...wanted]);
    }
    const opened = await realOpenFile(path);
    await opened?.stream(0, 5 * mebibyte + 3).cancel();
    expect(await realOpenFile(folder)).toBeUndefined();
    expect(await realOpenFile(join(folder, 'other'))).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
