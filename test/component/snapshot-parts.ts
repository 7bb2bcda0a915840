// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import {
  connect,
  type KeyValue,
  type Kv,
  keyOf,
  prefixRange,
  type WatchEvent,
} from '../../src/etcd/index.js';
import { leaseId } from '../../src/model/index.js';
import { type EtcdVersion, findProgram } from '../conformance/real-etcd.js';

const run = promisify(execFile);

/** Stock etcdctl of a release, API 3; rejects with what it said when it fails. */
export function etcdctl(version: EtcdVersion, args: readonly string[]): Promise<string> {
  return runProgram('etcdctl', version, args);
}

/** As `etcdctl`; 3.4 has none. */
export function etcdutl(args: readonly string[]): Promise<string> {
  return runProgram('etcdutl', '3.5', args);
}

async function runProgram(
  name: 'etcdctl' | 'etcdutl',
  version: EtcdVersion,
  args: readonly string[],
): Promise<string> {
  const program = findProgram(name, version);
  if (program === undefined) throw new Error(`no ${name} ${version} here: \`npm test\` unpacks it`);
  const { stdout } = await run(program, args, { env: { ETCDCTL_API: '3' } });
  return stdout.trim();
}

/** Who may do what, and auth switched on. */
export const userOrders = [
  ['role', 'add', 'root'],
  ['role', 'add', 'reader'],
  ['role', 'grant-permission', '--prefix', 'reader', 'read', 'k'],
  ['role', 'grant-permission', 'reader', 'readwrite', 'w'],
  ['user', 'add', 'root:top'],
  ['user', 'add', 'ann:secret'],
  ['user', 'add', '--no-password', 'cert'],
  ['user', 'grant-role', 'root', 'root'],
  ['user', 'grant-role', 'ann', 'reader'],
  ['auth', 'enable'],
] as const;

/** The same history on whatever it is called on; ids and revisions too. */
export async function writeHistory(kv: Kv): Promise<void> {
  const put = (key: string | Uint8Array, value: string | Uint8Array, lease = 0n) =>
    kv.put({ key: bytesOf(key), value: bytesOf(value), ...(lease === 0n ? {} : { lease: leaseId(lease) }) });
  await kv.grantLease(3_000, leaseId(7n));
  await kv.grantLease(9_000, leaseId(0x7fff_ffff_ffff_ffffn));
  for (let n = 0; n < 60; n += 1) await put(`k${n % 25}`, `value ${n}`);
  await put('leased', 'x', 7n);
  await put('leased too', 'y', 0x7fff_ffff_ffff_ffffn);
  await put('leased', 'z', 7n);
  await kv.deleteRange(prefixRange('k1'));
  const { revision } = await kv.deleteRange({ key: keyOf('k2') });
  await kv.compact(revision, { physical: true });
  await put('k2', 'back');
  await put('k3', 'after');
  await put(
    Uint8Array.of(0, 255, 128),
    Uint8Array.from({ length: 256 }, (_, n) => n),
  );
  await put('large', new Uint8Array(1024 * 1024).fill(42));
  await put('empty', '');
  const three = ['t1', 't2', 't3'].map(
    (key) => ({ kind: 'put', request: { key: keyOf(key), value: keyOf('txn') } }) as const,
  );
  await kv.txn({ compare: [], success: three, failure: [] });
  await kv.deleteRange(prefixRange('t'));
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? keyOf(value) : value;
}

/** All that a client can see of a store behind an endpoint. */
export async function stateBehind(url: string) {
  const client = connect([url]);
  try {
    const { revision, kvs, count } = await client.range(prefixRange(''));
    const compacted = await compactRevisionOf(client);
    const leases = (await client.leases()).toSorted();
    const leased = await Promise.all(leases.map((id) => client.timeToLive(id, { keys: true })));
    return {
      revision,
      kvs: kvs.map(shortened),
      count,
      compacted,
      leases: leased.map(({ ttlSeconds: _, ...lease }) => lease),
      events: await eventsFrom(client, compacted, revision),
      hash: await hashBehind(url),
    };
  } finally {
    await client.close();
  }
}

/** Comparing large arrays takes the test runner long. */
function shortened(kv: KeyValue): KeyValue {
  const isShort = kv.value.length < 1_000;
  return isShort ? kv : { ...kv, value: createHash('sha256').update(kv.value).digest() };
}

async function compactRevisionOf(kv: Kv): Promise<number> {
  const ended = new AbortController();
  for await (const message of kv.watch({ ...prefixRange(''), startRevision: 1 }, ended.signal)) {
    if (message.kind === 'compacted') return message.compactRevision;
    if (message.kind === 'events') break;
  }
  ended.abort();
  return -1;
}

async function eventsFrom(kv: Kv, from: number, to: number): Promise<readonly WatchEvent[]> {
  const ended = new AbortController();
  const events: WatchEvent[] = [];
  const watching = kv.watch({ ...prefixRange(''), startRevision: Math.max(1, from) }, ended.signal);
  for await (const message of watching) {
    if (message.kind !== 'events') continue;
    events.push(...message.events.map((event) => ({ ...event, kv: shortened(event.kv) })));
    if (message.events.some(({ kv: { modRevision } }) => modRevision === to)) break;
  }
  ended.abort();
  return events;
}

export async function hashBehind(url: string): Promise<number> {
  const answer: unknown = JSON.parse(
    await etcdctl('3.5', ['--endpoints', url, 'endpoint', 'hashkv', '-w', 'json']),
  );
  const found = /"hash":(\d+)/.exec(JSON.stringify(answer));
  return Number(found?.[1]);
}
