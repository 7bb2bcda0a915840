// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import type { BackupFile } from './backups/plan-backups.js';
import { type BackupTask, runBackups } from './run-backups.js';

function open(options: { readonly before?: readonly number[]; readonly task?: BackupTask }) {
  const clock = manualClock(1_000_000);
  const stopped = new AbortController();
  const world = {
    files: (options.before ?? []).map((at): BackupFile => ({ name: `${at}`, at, revision: 1 })),
    events: [] as string[],
    task: options.task,
    isBroken: false,
  };
  const done = runBackups(
    {
      clock,
      log: silentLog,
      task: () => world.task,
      list: async () => world.files,
      take: async () => {
        if (world.isBroken) throw new Error('no quorum');
        const at = clock.now();
        world.files = [...world.files, { name: `${at}`, at, revision: 2 }];
        return { path: `${at}`, revision: 2 };
      },
      remove: async (_, file) => {
        world.files = world.files.filter((other) => other !== file);
      },
      note: async ({ kind, reason }) => {
        world.events.push(`${kind}: ${reason}`);
      },
    },
    stopped.signal,
  );
  return {
    clock,
    world,
    times: () => world.files.map(({ at }) => at - 1_000_000),
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await done;
    },
  };
}

const task: BackupTask = { everyMs: 60_000, keep: 2, folder: '/b', endpoints: [] };

test('the first at once, then one for each interval; the oldest go', async () => {
  await using run = open({ task });
  await run.clock.advance(0);
  expect(run.times()).toEqual([0]);
  await run.clock.advance(61_000);
  expect(run.times()).toEqual([0, 60_000]);
  await run.clock.advance(60_000);
  expect(run.times()).toEqual([60_000, 120_000]);
});

test('one that was missed is made up, one that is fresh is not repeated', async () => {
  await using late = open({ task, before: [1_000_000 - 600_000] });
  await late.clock.advance(0);
  expect(late.times()).toEqual([-600_000, 0]);
  await using fresh = open({ task, before: [1_000_000 - 30_000] });
  await fresh.clock.advance(29_000);
  expect(fresh.times()).toEqual([-30_000]);
  await fresh.clock.advance(2_000);
  expect(fresh.times()).toEqual([-30_000, 30_000]);
});

test('a failure is told once, and its end; nothing is removed meanwhile', async () => {
  await using run = open({ task: { ...task, keep: 1 }, before: [1, 2] });
  run.world.isBroken = true;
  await run.clock.advance(35_000);
  expect(run.world.events).toEqual(['backup-failed: no quorum']);
  expect(run.world.files).toHaveLength(2);
  run.world.isBroken = false;
  await run.clock.advance(11_000);
  expect(run.world.events).toHaveLength(2);
  expect(run.world.events[1]).toMatch(/^backup-recovered: .*revision 2/);
  expect(run.world.files).toHaveLength(1);
});

test('nothing is taken until it is asked for', async () => {
  await using run = open({});
  await run.clock.advance(100_000);
  expect(run.times()).toEqual([]);
  run.world.task = task;
  await run.clock.advance(1_000);
  expect(run.times()).toHaveLength(1);
});
