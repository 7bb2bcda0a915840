// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { realExec } from '../../src/effects/index.js';

const sh = (script: string, options = {}) => realExec.run('/bin/sh', ['-c', script], options);

test('a program that runs to its end: what it said, how it ended, what it was told', async () => {
  expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
    code: 3,
    signal: undefined,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await sh('kill -9 $$')).toMatchObject({ code: undefined, signal: 'SIGKILL' });
  expect(
    await sh('cat; echo $WORD; pwd', { input: 'zwölf ', env: { WORD: 'here' }, cwd: '/' }),
  ).toMatchObject({
    stdout: 'zwölf here\n/\n',
  });
  const longer = await sh('head -c 3000000 /dev/zero');
  expect(longer.stdout).toHaveLength(3_000_000);
});

test('one that reads nothing of what it is told is no failure', async () => {
  expect(await sh('exec <&-; exit 0', { input: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 });
});

test('one that cannot be started is an error', async () => {
  await expect(realExec.run('/nowhere/at/all', [])).rejects.toMatchObject({ code: 'ENOENT' });
});

test('one that is cancelled is asked to end; it is not started when that was before', async () => {
  const stop = new AbortController();
  const ended = sh('echo begun; exec sleep 60', { signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  expect(await ended).toMatchObject({ code: undefined, signal: 'SIGTERM' });
  expect(await sh('echo begun', { signal: stop.signal })).toMatchObject({ signal: 'SIGTERM', stdout: '' });
});
