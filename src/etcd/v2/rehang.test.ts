// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { leaseId } from '../../model/index.js';
import { planMoves } from './rehang.js';
import type { TreeNode } from './tree.js';

const node = (path: string, lease: bigint, ends: { expiresAt?: number; endsAt?: number } = {}): TreeNode => ({
  kind: 'file',
  path,
  value: new Uint8Array(0),
  createdIndex: 1,
  modifiedIndex: 1,
  lease: leaseId(lease),
  ...ends,
});
const moves = (life: { lease: bigint; endsAt?: number }, nodes: readonly TreeNode[]) =>
  planMoves('/d', { ...life, lease: leaseId(life.lease) }, nodes).map(({ node: { path }, to }) => [
    path,
    to.kind === 'life' ? to.life.lease : `own of ${to.ownerPath} until ${to.endsAt}`,
  ]);

test('all that hung on nothing hangs on the directory, but for leases of v3 clients', () => {
  const nodes = [node('/d/a', 0n), node('/d/v3', 5n), node('/d/s/x', 0n), node('/d/s', 0n)];
  expect(moves({ lease: 9n, endsAt: 100 }, nodes)).toEqual([
    ['/d/a', 9n],
    ['/d/s', 9n],
    ['/d/s/x', 9n],
  ]);
});

test('a node that ends before the directory keeps its lease, or gets one, and so does what is in it', () => {
  const early = { expiresAt: 50, endsAt: 50 };
  const held = { expiresAt: 50, endsAt: 10 };
  const nodes = [node('/d/a', 3n, early), node('/d/s', 4n, held), node('/d/s/x', 4n, { endsAt: 10 })];
  expect(moves({ lease: 9n, endsAt: 100 }, nodes)).toEqual([
    ['/d/s', 'own of /d/s until 50'],
    ['/d/s/x', 'own of /d/s until 50'],
  ]);
  expect(moves({ lease: 9n, endsAt: 20 }, nodes)).toEqual([
    ['/d/a', 9n],
    ['/d/s', 9n],
    ['/d/s/x', 9n],
  ]);
});

test('what was moved stays', () => {
  const nodes = [node('/d/a', 9n, { endsAt: 100 }), node('/d/b', 0n)];
  expect(moves({ lease: 9n, endsAt: 100 }, nodes)).toEqual([['/d/b', 9n]]);
});
