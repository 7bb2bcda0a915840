// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { parseItem } from './snapshot-item.js';

describe('the revision of users and roles', () => {
  const parse = (revision: bigint) => {
    const value = Buffer.alloc(8);
    value.writeBigUInt64BE(revision);
    return parseItem('auth', { key: Buffer.from('authRevision'), value });
  };

  test.for([
    [0n, 1],
    [1n, 1],
    [7n, 7],
  ] as const)('of %s is one that a store opens with: %s', ([stored, revision]) => {
    expect(parse(stored)).toEqual({ kind: 'auth-revision', revision });
  });

  test('beyond what can be is refused, and not first by the restored store', () => {
    expect(() => parse(2n ** 60n)).toThrow('beyond what can be');
  });
});
