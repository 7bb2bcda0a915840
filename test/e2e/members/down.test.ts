// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { controlPid, kill, untilStatus } from '../harness.js';
import { openEtcdSite, storeOf } from './etcd-site.js';

test('down never gives up what the store holds unasked', async () => {
  await using site = await openEtcdSite({});
  expect((await site.muster('up')).code).toBe(0);
  expect((await site.muster('set', '/kept', 'yes')).code).toBe(0);

  for (const names of [
    ['core-01', 'core-02'],
    ['core-01', 'core-02', 'core-03'],
  ]) {
    const refused = await site.muster('down', ...names);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('are needed') });
  }
  expect(await site.muster('reboot', 'core-01', 'core-02')).toMatchObject({ code: 1 });
  expect((await site.muster('down', 'core-03')).code).toBe(0);
  await untilStatus(site, ({ machines }) => machines.some(({ state }) => state === 'created'));
  expect((await site.muster('up')).code).toBe(0);
  await untilStatus(site, (status) => status.store?.state === 'ok');

  // With nobody there to save it, somebody is started.
  kill(await controlPid(site), 'SIGKILL');
  expect(await site.muster('down')).toMatchObject({ code: 0 });
  expect(await site.processes()).toEqual([]);
  expect((await site.muster('up')).code).toBe(0);
  expect((await site.muster('get', '/kept')).stdout.trim()).toBe('yes');

  // A down that dies after it has saved leaves a cluster that says so, and that up takes back.
  const down = site.start('down');
  const saved = untilStatus(site, (status) => status.store?.state === 'sealed');
  const status = await Promise.race([saved, down.done.then(() => undefined)]);
  if (status !== undefined) kill(down.pid, 'SIGKILL');
  await Promise.allSettled([down.done, saved]);
  expect((await site.muster('up')).code).toBe(0);
  expect(storeOf(await site.status()).state).toBe('ok');
  expect((await site.muster('set', '/kept', 'still')).code).toBe(0);
  expect((await site.muster('get', '/kept')).stdout.trim()).toBe('still');
});
