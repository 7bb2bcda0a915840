// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { openFilePieces } from './file-pieces.js';

function counted() {
  const read: string[] = [];
  const pieces = openFilePieces();
  return {
    read,
    take: (name: string) =>
      pieces.take(name, async () => {
        read.push(name);
        return Buffer.from(name);
      }),
  };
}

test('what many want is read once', async () => {
  const { read, take } = counted();
  const got = await Promise.all([take('a'), take('b'), take('a'), take('a')]);
  expect(got.map(String)).toEqual(['a', 'b', 'a', 'a']);
  expect(read).toEqual(['a', 'b']);
});

test('the piece that nobody took for the longest time goes', async () => {
  const { read, take } = counted();
  for (let number = 0; number < 64; number += 1) await take(`${number}`);
  await take('0');
  await take('one more');
  read.length = 0;
  await take('0');
  await take('1');
  expect(read).toEqual(['1']);
});

test('a read that fails is told, and tried again by the next one', async () => {
  const pieces = openFilePieces();
  const broken = () => Promise.reject(new Error('the disk'));
  await expect(pieces.take('a', broken)).rejects.toThrow('the disk');
  expect(String(await pieces.take('a', async () => Buffer.from('good')))).toBe('good');
});
