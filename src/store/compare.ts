// SPDX-License-Identifier: Apache-2.0

import type { Compare } from '../etcd/index.js';
import { spanOf } from './key.js';
import type { KeyVersion } from './key-index.js';
import { type Keyspace, loadRecord } from './keyspace.js';

/**
 * Whether the condition holds for every key of its range at `revision`. A key that is not there counts as all
 * zeros, but a compare of values is then false whatever it asks (etcd, server/etcdserver/apply.go, 3.5).
 */
export function isTrue(space: Keyspace, compare: Compare, revision: number): boolean {
  const span = spanOf(compare);
  const result = { isEmpty: true, isTrue: true };
  space.index.each(span, revision, (_key, version) => {
    result.isEmpty = false;
    result.isTrue = holds(compare, orderOf(space, compare, version));
    return result.isTrue;
  });
  if (!result.isEmpty) return result.isTrue;
  return compare.target !== 'value' && holds(compare, orderOfNothing(compare));
}

function orderOf(space: Keyspace, compare: Compare, version: KeyVersion): number {
  switch (compare.target) {
    case 'value':
      return Buffer.compare(loadRecord(space, version).value, compare.value);
    case 'lease':
      return order(version.lease, compare.lease);
    case 'version':
      return order(version.version, compare.number);
    case 'create':
      return order(version.createRevision, compare.number);
    case 'mod':
      return order(version.revision, compare.number);
  }
}

function orderOfNothing(compare: Exclude<Compare, { target: 'value' }>): number {
  return compare.target === 'lease' ? order<bigint>(0n, compare.lease) : order(0, compare.number);
}

function order<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(compare: Compare, order: number): boolean {
  switch (compare.result) {
    case 'equal':
      return order === 0;
    case 'not-equal':
      return order !== 0;
    case 'greater':
      return order > 0;
    case 'less':
      return order < 0;
  }
}
