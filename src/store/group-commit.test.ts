// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { Backend, Write } from './backend.js';
import { groupCommit } from './group-commit.js';
import { memoryBackend } from './memory-backend.js';

/** Commits wait until they are told how they end. */
function heldBackend() {
  const commits: { writes: readonly Write[]; end: (error?: Error) => void }[] = [];
  const backend: Backend = {
    ...memoryBackend(),
    commit: (writes) =>
      new Promise((resolve, reject) => {
        commits.push({ writes, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  };
  return { backend, commits };
}

const put = (n: number): Write => ({ kind: 'put', key: Uint8Array.of(n), value: Uint8Array.of(n) });
const turns = () => new Promise((resolve) => setImmediate(resolve));

function setup(isSafe = true) {
  const held = heldBackend();
  const log: string[] = [];
  const commit = groupCommit(held.backend, () => isSafe);
  const add = (n: number) => {
    commit.add({
      writes: [put(n)],
      undo: () => log.push(`undo ${n}`),
      settle: () => log.push(`settle ${n}`),
    });
    return commit.durable().then(
      () => log.push(`durable ${n}`),
      () => log.push(`failed ${n}`),
    );
  };
  return { ...held, commit, log, add };
}

test('writes of one turn share a commit, those under way share the next', async () => {
  const { commits, log, add } = setup();
  void add(1);
  void add(2);
  await turns();
  expect(commits.map((one) => one.writes.length)).toEqual([2]);
  void add(3);
  void add(4);
  await turns();
  expect(commits.length).toBe(1);
  expect(log).toEqual([]);
  commits[0]?.end();
  await turns();
  expect(log).toEqual(['settle 1', 'settle 2', 'durable 1', 'durable 2']);
  expect(commits.map((one) => one.writes.length)).toEqual([2, 2]);
  commits[1]?.end();
  await turns();
  expect(log.slice(4)).toEqual(['settle 3', 'settle 4', 'durable 3', 'durable 4']);
});

test('a failed commit takes back all that came after it, newest first', async () => {
  const { commit, commits, log, add } = setup();
  void add(1);
  void add(2);
  await turns();
  void add(3);
  commits[0]?.end(new Error('full'));
  await turns();
  expect(log).toEqual(['undo 3', 'undo 2', 'undo 1', 'failed 1', 'failed 2', 'failed 3']);
  expect(commit.failure()).toBeUndefined();
  void add(4);
  await turns();
  commits[1]?.end();
  await turns();
  expect(log.slice(6)).toEqual(['settle 4', 'durable 4']);
});

test('after an unknown outcome it stays failed', async () => {
  const { commit, commits, add } = setup(false);
  void add(1);
  await turns();
  commits[0]?.end(new Error('input/output error'));
  await turns();
  expect(String(commit.failure())).toContain('input/output error');
});

test('with nothing added everything is durable', async () => {
  await expect(setup().commit.durable()).resolves.toBeUndefined();
});
