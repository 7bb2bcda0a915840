// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { realClock, silentLog } from '../../effects/index.js';
import type { BootRecord, Registry } from '../../registry/index.js';
import { openBootRecords } from './boot-records.js';
import { isWorthWriting, type KnownStage, stepBoot } from './step-boot.js';

const script: KnownStage = { at: 'script', machine: 'a', profile: 'p' };
const userData: KnownStage = { at: 'user-data', machine: 'a', profile: 'p' };
const initrd = (bytes: number, total = 100): KnownStage => ({
  at: 'initrd',
  machine: 'a',
  file: 'initrd',
  bytes,
  total,
});

function walk(stages: readonly (readonly [at: number, stage: KnownStage])[]) {
  let record: BootRecord | undefined;
  let writes = 0;
  for (const [at, stage] of stages) {
    const next = stepBoot(record, stage, at);
    if (isWorthWriting(record, next)) writes += 1;
    record = next;
  }
  return { record, writes };
}

test('a boot from DHCP to user-data has the time of each stage', () => {
  const { record } = walk([
    [1_000, { at: 'dhcp' }],
    [2_000, { at: 'dhcp' }],
    [3_000, script],
    [3_500, { at: 'dhcp' }],
    [4_000, initrd(0)],
    [5_000, initrd(100)],
    [6_000, { at: 'dhcp' }],
    [7_000, userData],
  ]);
  expect(record).toMatchObject({
    stage: 'user-data',
    times: { dhcp: 1_000, script: 3_000, initrd: 4_000, 'user-data': 7_000 },
  });
});

test('a script begins anew, and DHCP of an earlier boot is not that of this one', () => {
  const before = walk([
    [1_000, { at: 'dhcp' }],
    [2_000, script],
    [3_000, userData],
  ]).record;
  expect(stepBoot(before, script, 500_000).times).toEqual({ script: 500_000 });
  expect(stepBoot(before, { at: 'dhcp' }, 500_000)).toMatchObject({
    stage: 'dhcp',
    times: { dhcp: 500_000 },
  });
});

test('a machine that waits is written down once, and a file a few times', () => {
  const waiting: KnownStage = { at: 'waiting', machine: 'a', why: 'fetching' };
  expect(walk(Array.from({ length: 100 }, (_, index) => [index * 5_000, waiting] as const)).writes).toBe(1);
  const chunks = Array.from({ length: 101 }, (_, index) => [index, initrd(index)] as const);
  expect(walk(chunks).writes).toBe(5);
});

test('records are written one at a time, the last one always', async () => {
  const written: BootRecord[] = [];
  const busy = { now: 0, most: 0 };
  const recordBoot = async (_name: string, boot: BootRecord) => {
    busy.now += 1;
    busy.most = Math.max(busy.most, busy.now);
    await Promise.resolve();
    written.push(boot);
    busy.now -= 1;
  };
  const registry = { machines: { recordBoot } } as unknown as Registry;
  const records = openBootRecords(registry, realClock, silentLog, () => undefined);
  for (const stage of [script, initrd(0), initrd(50), initrd(100), userData]) records.note('a', stage);
  await records.settled();
  expect(busy.most).toBe(1);
  expect(written.at(-1)?.stage).toBe('user-data');
  expect(written.length).toBeLessThan(5);
});
