// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram, startEtcd } from '../conformance/real-etcd.js';
import { type ServedView, serveView } from './etcd-v2-parts.js';

const etcdctl = findProgram('etcdctl', '3.4');
const etcd = findProgram('etcd', '3.4');

interface Ran {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs until it ends, or until `enough` says so of what it printed. */
async function run(
  url: string,
  args: readonly string[],
  onLine: (lines: readonly string[]) => boolean = () => false,
): Promise<Ran> {
  const env = { ETCDCTL_API: '2', PATH: process.env.PATH ?? '' };
  const child = spawn(etcdctl ?? 'etcdctl', ['--endpoints', url, ...args], { env });
  const lines: string[] = [];
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (onLine(lines)) child.kill('SIGKILL');
    });
  }
  return { code: await ended, lines };
}

/** What a person at a terminal types; with what is different from store to store taken out. */
const commands: readonly string[] = [
  'ls /',
  'set /message hello',
  'get /message',
  'mk /message again',
  'mk /made once',
  'update /made twice',
  'update /none x',
  'get /none',
  'get /none/deep/er',
  'mkdir /dir',
  'mkdir /dir',
  'setdir /dir',
  'setdir /dir2',
  'mkdir /ttl --ttl 100',
  'updatedir /ttl --ttl 200',
  'updatedir /none --ttl 5',
  'set /dir/a/b/c 1',
  'set /dir/_hidden/x 2',
  'set /dir 1',
  'get /dir',
  'ls --sort /',
  'ls --sort -p /',
  'ls --sort -r -p /',
  'ls --sort --quorum -r /dir',
  'ls /dir/_hidden',
  'ls /none',
  'mk --in-order /queue first',
  'mk --in-order /queue second',
  'ls --sort /queue',
  'set --swap-with-value wrong /message x',
  'set --swap-with-value hello /message bye',
  'set --swap-with-index 999999 /message x',
  'set /message --ttl 100 short',
  'get -o extended /made',
  '-o extended get /made',
  '-o json get /made',
  '-o json set /made thrice',
  'rm --with-value wrong /made',
  'rm --with-value thrice /made',
  'rm --with-index 999999 /message',
  'rm /message',
  'rm /dir',
  'rmdir /dir',
  'rmdir /dir2',
  'rm --dir /ttl',
  'rm -r /dir',
  'rm -r /none',
  'ls --sort -r -p /',
  'cluster-health',
  'member list',
  'member remove 1234',
];

function normal(line: string, url: string): string {
  return line
    .replaceAll(url, 'URL')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'PEER')
    .replace(/\[\d+\]$/, '[INDEX]')
    .replace(/!= \d+\]/, '!= INDEX]')
    .replace(/\/\d{20}/, '/ORDER')
    .replace(/((?:Index|index)"?: ?)\d+/gi, '$1N')
    .replace(/"expiration":"[^"]+"/g, 'EXPIRATION')
    .replace(/\b[0-9a-f]{15,16}\b/, 'ID');
}

async function session(url: string): Promise<readonly string[]> {
  const told: string[] = [];
  for (const command of commands) {
    const { code, lines } = await run(url, command.split(' '));
    told.push(`$ ${command} → ${code}`, ...lines.map((line) => normal(line, url)));
  }
  return told;
}

describe.skipIf(etcdctl === undefined)('etcdctl 3.4, API 2', () => {
  const state: { view?: ServedView } = {};
  const view = () => {
    if (state.view === undefined) throw new Error('not served');
    return state.view;
  };
  beforeAll(async () => {
    state.view = await serveView();
  });
  afterAll(() => state.view?.close());

  test.skipIf(etcd === undefined)('says the same here and on a real etcd', { timeout: 120_000 }, async () => {
    const real = await startEtcd({ version: '3.4', flags: ['--enable-v2'] });
    try {
      expect(await session(view().url)).toEqual(await session(real.url));
    } finally {
      await real.close();
    }
  });

  test('watch waits for one event, with -r of anything below', async () => {
    const { url } = view();
    const polls = Promise.all([view().nextPoll(), view().nextPoll()]);
    const once = run(url, ['watch', '/w/a']);
    const below = run(url, ['watch', '-r', '/w']);
    await polls;
    await run(url, ['set', '/w/a', 'told']);
    expect(await once).toEqual({ code: 0, lines: ['told'] });
    expect(await below).toEqual({ code: 0, lines: ['[set] /w/a', 'told'] });
  });

  test('watch --forever and exec-watch go on from poll to poll', async () => {
    const { url } = view();
    const polls = Promise.all([view().nextPoll(), view().nextPoll()]);
    const told = [
      '[set] /f/a',
      '1',
      '[set] /f/a',
      '2',
      '[update] /f/a',
      '3',
      '[delete] /f/a',
      'PrevNode.Value: 3',
    ];
    // exec-watch does not wait for one child before it starts the next.
    const executions = ['delete', 'set 1', 'set 2', 'update 3'];
    const forever = run(url, ['watch', '-r', '--forever', '/f'], ({ length }) => length === told.length);
    const script = 'echo $ETCD_WATCH_ACTION $ETCD_WATCH_VALUE';
    const command = ['exec-watch', '-r', '/f', '--', 'sh', '-c', script];
    const executed = run(url, command, ({ length }) => length === executions.length);
    await polls;
    const writes = ['set /f/a 1', 'set /f/a 2', 'update /f/a 3', 'rm /f/a'];
    for (const write of writes) await run(url, write.split(' '));
    expect((await forever).lines).toEqual(told);
    expect((await executed).lines.toSorted()).toEqual(executions);
  });
});
