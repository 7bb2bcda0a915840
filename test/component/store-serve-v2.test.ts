// SPDX-License-Identifier: Apache-2.0

/** Stock etcdctl with its v2 commands on a cluster of three real etcd 3.5, which have no v2 API of their own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runStoreServeV2 } from '../../src/cli/run-serve-v2.js';
import { findProgram } from '../conformance/real-etcd.js';
import { freePort } from '../free-port.js';
import { type RunningMember, seat, testCluster } from './etcd-cluster.js';

const etcdctl = findProgram('etcdctl', '3.4') ?? 'etcdctl';
const env = { ETCDCTL_API: '2' };
const cluster = testCluster();
const stop = new AbortController();
const parts: { url: string; members: readonly RunningMember[]; running: Promise<unknown> } = {
  url: '',
  members: [],
  running: Promise.resolve(),
};

beforeAll(async () => {
  parts.members = await cluster.startAll(['a', 'b', 'c'].map(seat), { version: '3.5' });
  parts.url = `http://127.0.0.1:${await freePort()}`;
  const endpoints = parts.members.map(({ clientUrl }) => clientUrl).join();
  const flags = { endpoints, listen: parts.url };
  parts.running = runStoreServeV2({ commands: [], args: [], flags, signal: stop.signal });
  await vi.waitUntil(answers, { timeout: 20_000, interval: 100 });
});
afterAll(async () => {
  stop.abort();
  await parts.running;
  await cluster.close();
});

async function answers(): Promise<boolean> {
  return (await fetch(`${parts.url}/v2/members`).catch(() => undefined))?.ok === true;
}

function run(...args: readonly string[]): Promise<{ readonly code: unknown; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(
      etcdctl,
      ['--endpoints', parts.url, ...args],
      { env, timeout: 20_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, text: stdout + stderr }),
    );
  });
}

test('keys are written, listed and read', async () => {
  expect(await run('set', '/message', 'hello')).toEqual({ code: 0, text: 'hello\n' });
  expect(await run('mkdir', '/dir')).toEqual({ code: 0, text: '' });
  expect(await run('set', '/coreos.com/_hidden/x', '1')).toMatchObject({ code: 0 });
  expect(await run('ls', '--recursive', '/')).toEqual({ code: 0, text: '/coreos.com\n/dir\n/message\n' });
  expect(await run('get', '/message')).toEqual({ code: 0, text: 'hello\n' });
  expect(await run('get', '/none')).toMatchObject({
    code: 4,
    text: expect.stringContaining('100: Key not found'),
  });
});

test('a watch is told of a write', async () => {
  const child = spawn(etcdctl, ['--endpoints', parts.url, 'watch', '/watched'], { env });
  const lines = createInterface({ input: child.stdout });
  const seen = once(lines, 'line');
  // Until the watch is there a write passes unseen.
  const writing = setInterval(() => void run('set', '/watched', 'told'), 500);
  try {
    expect(await seen).toEqual(['told']);
  } finally {
    clearInterval(writing);
    child.kill('SIGKILL');
  }
});

test('members and their health are told, of each by itself', async () => {
  const list = await run('member', 'list');
  for (const { name, peerUrl } of parts.members) {
    expect(list.text).toMatch(
      new RegExp(`name=${name} peerURLs=${peerUrl} clientURLs=${parts.url}/members/`),
    );
  }
  expect(list.text.match(/isLeader=true/g)).toHaveLength(1);
  expect(await run('cluster-health')).toMatchObject({
    code: 0,
    text: expect.stringContaining('cluster is healthy'),
  });
  await parts.members[2]?.stop();
  await expect
    .poll(async () => (await run('cluster-health')).text, { timeout: 30_000 })
    .toMatch(/is unhealthy[\s\S]*cluster is degraded/);
  expect(await run('get', '/message')).toEqual({ code: 0, text: 'hello\n' });
});
