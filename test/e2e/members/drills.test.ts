// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { realClock } from '../../../src/effects/index.js';
import { controlPid, kill, type Site, untilStatus } from '../harness.js';
import { etcdctl, eventsOf, openEtcdSite, storeOf } from './etcd-site.js';

/** Wipes in one run, two at a time counted as two; the long form is `MUSTER_WIPES=200`. */
const wipes = Number(process.env.MUSTER_WIPES ?? '20');

describe.concurrent('under load, with a check of all that was acknowledged and read', () => {
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

  test(
    'the same while the control process is killed again and again, at any moment',
    async () => {
      await using site = await openEtcdSite({ machines: 5 });
      expect((await site.muster('up')).code).toBe(0);
      const count = Math.ceil(wipes * 0.1);
      const args = ['--count', String(count), '--machines', '2', '--timeout', '180', '-o', 'json'];
      const drill = site.start('drill', 'wipe', ...args);
      const ended = new AbortController();
      drill.done.finally(() => ended.abort());
      const kills = await killControl(site, ended.signal);
      const ran = await drill.done;
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(ran.stdout)).toMatchObject({ recovered: count, lostWrites: 0, wrongReads: 0 });
      expect(kills).toBeGreaterThan(0);
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

/** Kills it at random moments and starts it anew, until `signal` fires; how often. */
async function killControl(site: Site, signal: AbortSignal): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    await realClock.sleep(2_000 + Math.random() * 10_000, signal);
    if (signal.aborted) return kills;
    kill(await controlPid(site), 'SIGKILL');
    const serving = site.start('serve');
    await Promise.race([serving.saw('"msg":"ready"'), serving.done]);
  }
}

describe.concurrent('the control process dies', () => {
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
