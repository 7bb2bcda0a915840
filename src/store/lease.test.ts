// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { grantedLease, type LeaseEvent, type LeaseState, secondsLeft, stepLease } from './lease.js';

const granted: LeaseState = { kind: 'granted', ttlSeconds: 10, expiresAt: 10_000 };
const expired: LeaseState = { kind: 'expired', ttlSeconds: 10, retryAt: 11_000 };
const revoked: LeaseState = { kind: 'revoked' };

describe('lease', () => {
  test.for<[LeaseState, LeaseEvent['kind'], number, LeaseState, string]>([
    [granted, 'renew', 4_000, { ...granted, expiresAt: 14_000 }, ''],
    [granted, 'renew', 9_999, { ...granted, expiresAt: 19_999 }, ''],
    [granted, 'renew', 10_000, granted, ''],
    [granted, 'tick', 9_999, granted, ''],
    [granted, 'tick', 10_000, expired, 'revoke'],
    [granted, 'revoke', 1, revoked, 'delete-keys'],
    [expired, 'renew', 1, expired, ''],
    [expired, 'tick', 10_999, expired, ''],
    [expired, 'tick', 11_000, { ...expired, retryAt: 12_000 }, 'revoke'],
    [expired, 'revoke', 1, revoked, 'delete-keys'],
  ])('%j, %s at %i', ([state, kind, now, next, action]) => {
    const step = stepLease(state, { kind }, now);
    expect(step.state).toEqual(next);
    expect(step.actions.map((one) => one.kind).join()).toBe(action);
  });

  test.for<LeaseEvent['kind']>(['renew', 'tick', 'revoke'])('%s of a revoked lease is a defect', (kind) => {
    expect(() => stepLease(revoked, { kind }, 0)).toThrow('invariant');
  });

  test('seconds left are cut off, and never below 0', () => {
    const lease = grantedLease(10, 500);
    expect([500, 501, 1_500, 10_499, 99_000].map((now) => secondsLeft(lease, now))).toEqual([10, 9, 9, 0, 0]);
    expect(secondsLeft(expired, 0)).toBe(0);
  });
});
