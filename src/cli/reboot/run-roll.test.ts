// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { manualClock } from '../../effects/testing.js';
import { memoryKv } from '../../etcd/testing.js';
import { openRolls, type Roll } from '../../lock/index.js';
import type { RebootOutcome } from './reboot-one.js';
import { adviceAfter, runRoll } from './run-roll.js';

const clock = manualClock();
const fresh: Roll = {
  ...{ startedAt: 0, image: 'web-2', before: 'web-1', machines: ['a', 'b', 'c'] },
  ...{ done: [], state: 'running', at: '', reason: '' },
};

function openTable(failing: string) {
  const kv = memoryKv({ clock });
  const rolls = openRolls(kv);
  const rebooted: string[] = [];
  const reboot = async (name: string): Promise<RebootOutcome> => {
    rebooted.push(name);
    return name === failing ? { kind: 'failed', why: 'it is not back', isHeld: true } : { kind: 'done' };
  };
  const run = (roll: Roll, signal = new AbortController().signal) =>
    runRoll({ rolls, clock, reboot, tell: () => {} }, 'g', roll, signal);
  return { rolls, rebooted, run };
}

test('one after another', async () => {
  const { rolls, rebooted, run } = openTable('');
  expect(await run(fresh)).toMatchObject({ state: 'done', done: ['a', 'b', 'c'], at: '' });
  expect(rebooted).toEqual(['a', 'b', 'c']);
  expect(await rolls.read('g')).toMatchObject({ state: 'done' });
  expect(await rolls.read('')).toBeUndefined();
});

test('it stops at the first failure, remembers that, and goes on from there', async () => {
  const { rolls, rebooted, run } = openTable('b');
  const stopped = await run(fresh);
  expect(stopped).toMatchObject({ state: 'stopped', done: ['a'], at: 'b', reason: 'it is not back' });
  expect(await rolls.read('g')).toEqual(stopped);
  await run({ ...stopped, done: ['a', 'b'] });
  expect(rebooted).toEqual(['a', 'b', 'c']);
  expect(adviceAfter(stopped, 'g', 'muster')).toEqual([
    'error: stopped at b: it is not back; 1 of 3 done, 2 left as they were',
    '  look at `muster status` and `muster logs b`; once it is mended: `muster reboot --rolling --resume --group g`',
    '  to go back: `muster reboot --rolling --image web-1 --restart --group g`',
  ]);
});

test('an interruption stops it too', async () => {
  const { run } = openTable('');
  expect(await run(fresh, AbortSignal.abort())).toMatchObject({ state: 'stopped', at: 'a', done: ['a'] });
});
