// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { realRandom, silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { type Auth, keyOf, type Need, prefixRange } from '../etcd/index.js';
import { permitsOf } from './auth-permits.js';
import { newAuthState } from './auth-state.js';
import { faultyBackend } from './faulty-backend.js';
import { openStoreOn } from './open-store.js';

const user = (name: string, password = 'secret') => ({
  name,
  password,
  hasPassword: true,
});
const read = (key: string, end?: string): Need => ({ kind: 'read', range: rangeOf(key, end) });
const write = (key: string): Need => ({ kind: 'write', range: { key: keyOf(key) } });
const rangeOf = (key: string, end?: string) =>
  end === undefined ? { key: keyOf(key) } : { key: keyOf(key), rangeEnd: keyOf(end) };
const codeOf = async (run: () => unknown) => {
  try {
    await run();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

async function setup() {
  const backend = faultyBackend();
  const clock = manualClock();
  const open = () => openStoreOn(backend, { clock, random: realRandom, log: silentLog });
  const store = await open();
  return { backend, clock, store, auth: store.auth, open };
}

async function enable(auth: Auth): Promise<void> {
  await auth.userAdd(user('root', 'top'));
  await auth.userGrantRole('root', 'root');
  await auth.enable();
}

describe('orders', () => {
  test('are refused in the words of etcd', async () => {
    const { auth, store } = await setup();
    expect(await codeOf(() => auth.enable())).toBe('etcd/root-user-missing');
    await auth.userAdd(user('root'));
    expect(await codeOf(() => auth.enable())).toBe('etcd/root-role-missing');
    expect(await codeOf(() => auth.userAdd(user('')))).toBe('etcd/user-empty');
    expect(await codeOf(() => auth.userAdd(user('root')))).toBe('etcd/user-exists');
    expect(await codeOf(() => auth.userGet('no'))).toBe('etcd/user-not-found');
    expect(await codeOf(() => auth.userChangePassword('no', 'x'))).toBe('etcd/user-not-found');
    expect(await codeOf(() => auth.userGrantRole('root', 'no'))).toBe('etcd/role-not-found');
    expect(await codeOf(() => auth.userRevokeRole('root', 'no'))).toBe('etcd/role-not-granted');
    expect(await codeOf(() => auth.roleAdd(''))).toBe('etcd/role-empty');
    await auth.roleAdd('r');
    expect(await codeOf(() => auth.roleAdd('r'))).toBe('etcd/role-exists');
    expect(await codeOf(() => auth.roleDelete('no'))).toBe('etcd/role-not-found');
    expect(await codeOf(() => auth.roleRevokePermission('r', rangeOf('a')))).toBe(
      'etcd/permission-not-granted',
    );
    const turned = { kind: 'read', ...rangeOf('b', 'a') } as const;
    expect(await codeOf(() => auth.roleGrantPermission('r', turned))).toBe('etcd/auth-management-invalid');
    expect(await codeOf(() => auth.authenticate('root', 'secret'))).toBe('etcd/auth-not-enabled');
    await auth.userGrantRole('root', 'root');
    await auth.enable();
    expect(await codeOf(() => auth.userDelete('root'))).toBe('etcd/auth-management-invalid');
    expect(await codeOf(() => auth.userRevokeRole('root', 'root'))).toBe('etcd/auth-management-invalid');
    expect(await codeOf(() => auth.roleDelete('root'))).toBe('etcd/auth-management-invalid');
    expect(await codeOf(() => auth.userAdd(user('long', 'ä'.repeat(37))))).toBe('etcd/password-too-long');
    await auth.userAdd(user('long', 'ä'.repeat(36)));
    await store.close();
  });

  test('count the revision up, are kept, and hold no password', async () => {
    const { auth, backend, open, store } = await setup();
    expect(auth.status()).toEqual({ isEnabled: false, revision: 1 });
    await enable(auth);
    await auth.roleAdd('r');
    await auth.roleGrantPermission('r', { kind: 'readwrite', ...rangeOf('b') });
    await auth.roleGrantPermission('r', { kind: 'read', ...prefixRange('a') });
    await auth.roleGrantPermission('r', { kind: 'read', ...rangeOf('b') });
    expect((await auth.roleGet('r')).map(({ kind }) => kind)).toEqual(['read', 'read']);
    expect(auth.status()).toEqual({ isEnabled: true, revision: 7 });
    await store.close();
    const everything: string[] = [];
    backend.scan(Uint8Array.of(0), Uint8Array.of(255), (_, value) => everything.push(String(value)) > 0);
    expect(everything.join()).toContain('"$2a$10$');
    expect(everything.join()).not.toContain('"top"');

    const again = await open();
    expect(again.auth.status()).toEqual({ isEnabled: true, revision: 7 });
    expect(await again.auth.roleGet('r')).toHaveLength(2);
    await again.auth.authenticate('root', 'top');
    await again.close();
  });

  test('a full disk changes nothing', async () => {
    const { auth, backend, store } = await setup();
    backend.failNext();
    expect(await codeOf(() => auth.roleAdd('r'))).toBe('store/disk-full');
    expect(await auth.roleList()).toEqual([]);
    backend.heal();
    await auth.roleAdd('r');
    expect(await auth.roleList()).toEqual(['r']);
    await store.close();
  });

  test('deleting a role takes it from its users', async () => {
    const { auth, store } = await setup();
    await auth.userAdd(user('a'));
    await auth.roleAdd('r');
    await auth.userGrantRole('a', 'r');
    await auth.roleDelete('r');
    expect(await auth.userGet('a')).toEqual([]);
    await store.close();
  });
});

describe('authorization', () => {
  test('is by token, then by certificate, then nobody', async () => {
    const { auth, store } = await setup();
    auth.authorize({}, [{ kind: 'admin' }]);
    await auth.userAdd({ name: 'cert', password: '', hasPassword: false });
    await enable(auth);
    const token = await auth.authenticate('root', 'top');
    auth.authorize({ token, certificateName: 'cert' }, [{ kind: 'admin' }, read('x')]);
    expect(await codeOf(() => auth.authorize({}, [read('x')]))).toBe('etcd/user-empty');
    auth.authorize({}, []);
    expect(await codeOf(() => auth.authorize({ token: 'no' }, []))).toBe('etcd/auth-token-invalid');
    const known = { certificateName: 'cert' };
    expect(await codeOf(() => auth.authorize(known, [{ kind: 'admin' }]))).toBe('etcd/permission-denied');
    auth.authorize(known, [{ kind: 'user', name: 'cert' }]);
    expect(await codeOf(() => auth.authorize({ certificateName: 'x' }, [read('x')]))).toBe(
      'etcd/permission-denied',
    );
    expect(await codeOf(() => auth.authenticate('cert', ''))).toBe('etcd/user-without-password');
    expect(await codeOf(() => auth.authenticate('root', 'bottom'))).toBe('etcd/auth-failed');
    expect(await codeOf(() => auth.authenticate('nobody', ''))).toBe('etcd/auth-failed');
    await store.close();
  });

  test('follows roles at once', async () => {
    const { auth, store } = await setup();
    await enable(auth);
    await auth.userAdd(user('u'));
    await auth.roleAdd('r');
    const caller = { token: await auth.authenticate('u', 'secret') };
    const may = (need: Need) => codeOf(() => auth.authorize(caller, [need]));
    expect(await may(read('a'))).toBe('etcd/permission-denied');
    await auth.userGrantRole('u', 'r');
    await auth.roleGrantPermission('r', { kind: 'read', ...rangeOf('a', 'c') });
    await auth.roleGrantPermission('r', { kind: 'write', ...rangeOf('x') });
    expect(await may(read('a', 'c'))).toBe('done');
    expect(await may(read('a', 'd'))).toBe('etcd/permission-denied');
    expect(await may(write('a'))).toBe('etcd/permission-denied');
    expect([await may(write('x')), await may(read('x'))]).toEqual(['done', 'etcd/permission-denied']);
    expect(await may({ kind: 'role', name: 'r' })).toBe('done');
    expect(await may({ kind: 'role', name: 'other' })).toBe('etcd/permission-denied');
    await auth.roleRevokePermission('r', rangeOf('x'));
    expect(await may(write('x'))).toBe('etcd/permission-denied');
    await store.close();
  });

  test('a token lives as long as it is used; a new password, deleting and disabling end it', async () => {
    const { auth, clock, store } = await setup();
    await enable(auth);
    await auth.userAdd(user('u'));
    const isGood = async (token: string) => (await codeOf(() => auth.authorize({ token }, []))) === 'done';
    const first = await auth.authenticate('u', 'secret');
    await clock.advance(299_000);
    expect(await isGood(first)).toBe(true);
    await clock.advance(299_000);
    expect(await isGood(first)).toBe(true);
    await clock.advance(300_000);
    expect(await isGood(first)).toBe(false);
    const second = await auth.authenticate('u', 'secret');
    await auth.userChangePassword('u', 'new');
    expect(await isGood(second)).toBe(false);
    const third = await auth.authenticate('u', 'new');
    await auth.disable();
    // As etcd 3.5: while auth is off nobody looks at it.
    expect(await isGood(third)).toBe(true);
    await auth.enable();
    expect(await isGood(third)).toBe(false);
    await store.close();
  });

  test('ranges that touch cover what lies across them, no more and no less', () => {
    const letter = fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', '\0');
    const range = fc.tuple(letter, fc.option(letter, { nil: undefined }));
    const points = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((one) => [one, `${one}x`]);
    const holds = ([key, end]: readonly [string, string | undefined], point: string) =>
      end === undefined || end === '' ? key === point : key <= point && (end === '\0' || point < end);
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), fc.constantFrom(...points), (granted, point) => {
        const roles = new Map([
          ['r', granted.map(([a, b]) => ({ kind: 'read', ...rangeOf(a, b) }) as const)],
        ]);
        const users = new Map([['u', { secret: '', roles: ['r'] }]]);
        const permits = permitsOf({ ...newAuthState, users, roles }, 'u');
        expect(permits.canRead({ key: keyOf(point) })).toBe(granted.some((one) => holds(one, point)));
        expect(permits.canWrite({ key: keyOf(point) })).toBe(false);
      }),
    );
    const roles = new Map([
      ['r', [rangeOf('a', 'b'), rangeOf('b', 'd')].map((one) => ({ kind: 'readwrite', ...one }) as const)],
    ]);
    const users = new Map([['u', { secret: '', roles: ['r'] }]]);
    expect(permitsOf({ ...newAuthState, users, roles }, 'u').canWrite(rangeOf('a', 'd'))).toBe(true);
  });
});
