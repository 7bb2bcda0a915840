// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { silentLog } from '../../effects/index.js';
import { manualClock, memoryFiles } from '../../effects/testing.js';
import { machineFolder } from '../processes/machine-record.js';
import { findPanic, keepConsoles } from './consoles.js';

const panic = (why: string) =>
  `[ 1.0] Kernel panic - not syncing: ${why}\r\n[ 1.1] Call Trace:\r\n[ 1.2] ---[ end Kernel panic - not syncing: ${why} ]---\r\n`;

test('a panic counts until its machine begins anew', async () => {
  const files = memoryFiles();
  expect(await findPanic(files, '/console')).toBeUndefined();
  await files.write('/console', `SeaBIOS\r\n${panic('no init')}`);
  expect(await findPanic(files, '/console')).toBe('no init');
  await files.write('/console', `SeaBIOS\r\n${panic('no init')}SeaBIOS\r\nLinux\r\n`);
  expect(await findPanic(files, '/console')).toBeUndefined();
  await files.write('/console', panic('a\u001b[31mb'));
  expect(await findPanic(files, '/console')).toBe('a [31mb');
});

/** One machine whose console is looked at every five seconds. */
async function openWatch() {
  const clock = manualClock();
  const files = memoryFiles();
  const at = machineFolder('/cluster', 'core-01');
  const done: string[] = [];
  const stop = new AbortController();
  const say = async (text: string) => {
    const before = (await files.readText(at.console)) ?? '';
    await files.write(at.console, before + text);
    await clock.advance(5_000);
  };
  await files.makeFolder(at.folder);
  await files.write(at.console, panic('long ago'));
  const kept = keepConsoles(
    {
      clock,
      files,
      log: silentLog,
      machines: async () => [at],
      reset: async () => done.push('reset'),
      end: async () => done.push('end'),
    },
    stop.signal,
  );
  await clock.advance(0);
  const close = async () => {
    stop.abort();
    await clock.advance(5_000);
    await kept;
  };
  return { files, at, done, say, close };
}

test('a machine that stays in its panic begins anew; one that goes on by itself is left alone', async () => {
  const { done, say, close } = await openWatch();
  await say('');
  expect(done).toEqual([]);
  await say(panic('once'));
  await say('SeaBIOS\r\n');
  expect(done).toEqual([]);
  await say(panic('twice'));
  await say('');
  expect(done).toEqual(['reset']);
  await close();
});

test('a machine whose kernel gives up three times is ended', async () => {
  const { done, say, close } = await openWatch();
  for (const why of ['one', 'two', 'three']) await say(panic(why));
  expect(done).toEqual(['end']);
  await close();
});

test('a console that is flooded is cut, and its last words are kept beside it', async () => {
  const { files, at, say, close } = await openWatch();
  await say(`${'x'.repeat(5 * 1024 * 1024)}the end`);
  expect((await files.stat(at.console))?.sizeBytes).toBe(0);
  const kept = (await files.readText(`${at.console}.old`)) ?? '';
  expect(kept.length).toBe(1024 * 1024);
  expect(kept.endsWith('the end')).toBe(true);
  await say(panic('after the cut'));
  expect(await findPanic(files, at.console)).toBe('after the cut');
  await close();
});
