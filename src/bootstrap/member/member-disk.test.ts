// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { Files } from '../../effects/index.js';
import { memoryFiles } from '../../effects/testing.js';
import { openMemberDisk } from './member-disk.js';

const counting = () => {
  const made = { count: 0 };
  return {
    bytes: (length: number) => {
      made.count += 1;
      return new Uint8Array(length).fill(made.count);
    },
  };
};

/** A disk in memory with what etcd leaves behind that ended before it was a member. */
function open(change: (files: Files) => Partial<Files> = () => ({})) {
  const memory = memoryFiles();
  const files = { ...memory, ...change(memory) };
  const halfMake = async () => {
    await memory.makeFolder('/d/member/snap');
    await memory.write('/d/member/snap/db', 'x');
  };
  return { memory, halfMake, disk: openMemberDisk({ files, random: counting() }, '/d') };
}

test('each look at an empty disk mints a nonce of its own', async () => {
  const { disk } = open();
  expect(await disk.settle()).toEqual({ kind: 'empty', nonce: '01'.repeat(16) });
  expect(await disk.settle()).toEqual({ kind: 'empty', nonce: '02'.repeat(16) });
});

test('what a start of ours left half-made is removed', async () => {
  const { disk, halfMake, memory } = open();
  await disk.consume('aa');
  await halfMake();
  expect(await disk.peek()).toBeUndefined();
  expect(await disk.settle()).toMatchObject({ kind: 'empty' });
  expect(memory.paths()).toEqual(['/', '/d']);
});

test('what somebody else left half-made is not', async () => {
  const { disk, halfMake, memory } = open();
  await halfMake();
  expect(await disk.settle()).toMatchObject({ kind: 'unreadable' });
  expect(memory.paths()).toContain('/d/member/snap/db');
  // Nor is it after a start that left nothing.
  const other = open();
  await other.disk.consume('aa');
  await other.disk.settle();
  await other.halfMake();
  expect(await other.disk.settle()).toMatchObject({ kind: 'unreadable' });
});

test('the nonce is noted on the disk itself before etcd may start', async () => {
  const durable: string[] = [];
  const { disk } = open((files) => ({
    write: async (path, content, options) => {
      if (options?.isDurable) durable.push(`${path}: ${content}`);
      await files.write(path, content, options);
    },
  }));
  await disk.consume('aa');
  expect(durable).toEqual(['/d/.muster/started: aa\n']);
});

test('a wipe that is cut short leaves no half of the data, and the next look ends it', async () => {
  const { disk, halfMake, memory } = open((files) => ({
    remove: (path) => (path === '/d/.muster' ? Promise.reject(new Error('cut')) : files.remove(path)),
  }));
  await halfMake();
  await expect(disk.wipe()).rejects.toThrow('cut');
  expect(memory.paths().filter((path) => path.startsWith('/d/member'))).toEqual([]);
  const again = openMemberDisk({ files: memory, random: counting() }, '/d');
  expect(await again.settle()).toMatchObject({ kind: 'empty' });
  expect(memory.paths()).toEqual(['/', '/d']);
});
