// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { type EtcdErrorCode, errorOfStatus, etcdErrors, fail, isAway, statusOfError } from './errors.js';

const codes = Object.keys(etcdErrors) as EtcdErrorCode[];
const wireCodes = codes.filter((code) => etcdErrors[code].message.startsWith('etcdserver: '));

describe('the error table', () => {
  it("has each of etcd's texts once", () => {
    expect(wireCodes.length).toBeGreaterThan(60);
    expect(new Set(wireCodes.map((code) => etcdErrors[code].message)).size).toBe(wireCodes.length);
  });

  it.each(wireCodes)('carries %s there and back with text and status', (code) => {
    const { status, text } = statusOfError(fail(code));
    expect(text).toBe(etcdErrors[code].message);
    expect(errorOfStatus(status, text).code).toBe(code);
  });

  it.each([
    ['etcd/compacted', 11, 'etcdserver: mvcc: required revision has been compacted'],
    ['etcd/future-revision', 11, 'etcdserver: mvcc: required revision is a future revision'],
    ['etcd/lease-not-found', 5, 'etcdserver: requested lease not found'],
    ['etcd/lease-exists', 9, 'etcdserver: lease already exists'],
    ['etcd/key-empty', 3, 'etcdserver: key is not provided'],
    ['etcd/duplicate-key', 3, 'etcdserver: duplicate key given in txn request'],
    ['etcd/too-many-operations', 3, 'etcdserver: too many operations in txn request'],
    ['etcd/request-too-large', 3, 'etcdserver: request is too large'],
    ['etcd/no-space', 8, 'etcdserver: mvcc: database space exceeded'],
    ['etcd/no-leader', 14, 'etcdserver: no leader'],
    ['etcd/auth-token-invalid', 16, 'etcdserver: invalid auth token'],
  ] as const)('says %s as etcd does', (code, status, text) => {
    expect(statusOfError(fail(code))).toEqual({ status, text });
  });

  it.each(codes)('names every value that the text of %s needs', (code) => {
    const details = { reason: 'r', sizeBytes: 1, limitBytes: 1, endpoint: 'e' };
    expect(fail(code, details).message).not.toMatch(/[{}]/);
    expect(fail(code, details).next).not.toBe('');
  });
});

describe('errorOfStatus', () => {
  it.each([
    [14, 'connection refused', 'etcd/unavailable'],
    [4, 'context deadline exceeded', 'etcd/deadline-exceeded'],
    [12, 'unknown method', 'etcd/unimplemented'],
    [2, 'something new', 'etcd/unknown'],
    [9, 'something else new', 'etcd/unknown'],
  ])('makes of status %i with "%s": %s', (status, text, code) => {
    const error = errorOfStatus(status, text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.details.status).toBe(status);
  });

  it('tells the store that is away from the one that refuses', () => {
    expect(isAway(errorOfStatus(14, 'etcdserver: no leader'))).toBe(true);
    expect(isAway(errorOfStatus(7, 'etcdserver: permission denied'))).toBe(false);
    expect(isAway(new Error('a defect'))).toBe(false);
  });
});

it('tells nothing of a defect to the other side', () => {
  expect(statusOfError(new Error('secret path'))).toEqual({ status: 13, text: 'internal error' });
});
