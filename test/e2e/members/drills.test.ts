// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { controlPid, kill, untilStatus } from '../harness.js';
import { etcdctl, eventsOf, openEtcdSite, storeOf } from './etcd-site.js';

/** Wipes in one run, two at a time counted as two; the long form is `MUSTER_WIPES=200`. */
const wipes = Number(process.env.MUSTER_WIPES ?? '20');

describe('under load, with a check of all that was acknowledged and read', () => {
  test.each([
    { machines: 3, version: '3.5', width: 1, count: Math.ceil(wipes * 0.4) },
    { machines: 5, version: '3.5', width: 2, count: Math.ceil(wipes * 0.15) },
    { machines: 3, version: '3.4', width: 1, count: Math.ceil(wipes * 0.3) },
  ] as const)(
    '$count wipes of $width of $machines, etcd $version',
    async ({ machines, version, width, count }) => {
      await using site = await openEtcdSite({ machines, version });
      expect((await site.muster('up')).code).toBe(0);
      const args = ['--count', String(count), '--machines', String(width), '-o', 'json'];
      const ran = await site.muster('drill', 'wipe', ...args);
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(ran.stdout)).toMatchObject({
        episodes: count,
        recovered: count,
        lostWrites: 0,
        wrongReads: 0,
      });
      expect(storeOf(await site.status()).states).toEqual(Array.from({ length: machines }, () => 'voter'));
    },
    120_000 + wipes * 30_000,
  );

  test('kills and partitions, of all machines too', async () => {
    await using site = await openEtcdSite({});
    expect((await site.muster('up')).code).toBe(0);
    for (const [fault, width] of [
      ['kill', 1],
      ['kill', 3],
      ['partition', 1],
      ['partition', 2],
    ] as const) {
      const ran = await site.muster('drill', fault, '--machines', String(width), '-o', 'json');
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(ran.stdout)).toMatchObject({ recovered: 1, lostWrites: 0, wrongReads: 0 });
    }
  });
});

describe('the control process dies', () => {
  test.each(['removed', 'added', 'promoted'])('right after "%s"', async (step) => {
    await using site = await openEtcdSite({});
    expect((await site.muster('up')).code).toBe(0);
    const { endpoints } = await site.status();
    const ctl = etcdctl(site, '3.5', endpoints.etcd);
    await ctl('put', '/kept', 'yes');
    const events = site.start('events', '--follow', '--lines', '1');
    const reboot = site.start('reboot', 'core-02');
    await events.saw(`  ${step} core-02`);
    kill(await controlPid(site), 'SIGKILL');
    await Promise.all([events.done, reboot.done]);
    expect((await site.muster('up')).code).toBe(0);
    const status = await untilStatus(site, (seen) => seen.store?.state === 'ok');
    expect(storeOf(status).states).toEqual(['voter', 'voter', 'voter']);
    expect(await ctl('get', '/kept', '--print-value-only')).toBe('yes');
    const ids = (await eventsOf(site)).filter(({ kind }) => kind === 'added').map(({ memberId }) => memberId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
