// SPDX-License-Identifier: Apache-2.0

import { expect, test, vi } from 'vitest';
import { untilStatus } from '../harness.js';
import { etcdctl, eventsOf, openEtcdSite, signalMachine, storeOf } from './etcd-site.js';

/*
 * The roads to silent loss that etcd leaves open (a wiped disk comes back under its old member ID), what closes each, and
 * the test that fails without it:
 *
 * | road | what closes it | test, with real etcd |
 * |---|---|---|
 * | `state=new`, no peer can be reached | a start order is for the nonce of one disk (`stepMember`) | component/kept-cluster |
 * | `state=existing`, C first, then B | the same | component/kept-cluster |
 * | `state=new` in a grown cluster | data of another cluster is wiped (`orderFor`) | component/kept-cluster |
 * | a slot of discovery v2 is deleted | a formed token frees no slot (`stepToken`) | component/discovery |
 * | discovery v3 hands the list out again | a formed token takes no old ID (`stepToken`) | component/discovery-v3 |
 * | "tocommit" again and again, until a new leader lets it in | such an end is not tried again (`stepMember`) | component/member-run |
 * | two of three | no quorum, no change (`planFormed`) | below |
 */

/**
 * The road by which etcd loses an acknowledged write with no error: the two that have it lose their disks, and come
 * back under their old IDs beside the one that never saw it.
 */
test('two of three lose their disks, and the third never saw the last write: nobody answers', async () => {
  await using site = await openEtcdSite({});
  expect((await site.muster('up')).code).toBe(0);
  const { endpoints } = await site.status();
  const ids = storeOf(await site.status()).members.map(({ id }) => id);
  const ctl = etcdctl(site, '3.5', endpoints.etcd.slice(0, 2));
  await signalMachine(site, 'core-03', 'SIGSTOP');
  // The one that stands still may have led: the other two choose anew first.
  await vi.waitFor(() => ctl('put', '/acknowledged', 'by both', '--command-timeout=10s'), {
    timeout: 60_000,
    interval: 500,
  });
  for (const name of ['core-01', 'core-02']) await signalMachine(site, name, 'SIGKILL');
  await signalMachine(site, 'core-03', 'SIGCONT');
  const up = await site.muster('up', '--timeout', '12');
  expect(up.code).toBe(1);
  const status = await untilStatus(site, (seen) => seen.store?.state === 'no-quorum');
  expect(storeOf(status).reason).toContain('`muster recover` is the way');
  const all = etcdctl(site, '3.5', endpoints.etcd);
  await expect(all('get', '/acknowledged', '--command-timeout=2s')).rejects.toThrow();
  await expect(all('put', '/new', 'x', '--command-timeout=2s')).rejects.toThrow();
  // The member list of before stands: nothing was removed or added where nobody could agree to it.
  const listed = await etcdctl(site, '3.4', endpoints.etcd.slice(2))('member', 'list');
  for (const id of ids) expect(listed).toContain(id);
  expect((await eventsOf(site)).map(({ kind }) => kind)).not.toContain('added');
  expect((await site.muster('down')).stderr).toContain('cannot be saved');
  expect((await site.muster('down', '--discard')).code).toBe(0);
  expect(await site.processes()).toEqual([]);
});
