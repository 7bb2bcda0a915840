// SPDX-License-Identifier: Apache-2.0

import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type EtcdClient, keyOf } from '../../src/etcd/index.js';
import { leaseId } from '../../src/model/index.js';
import { type Implementation, type OpenEndpoints, openEndpoints } from '../conformance/implementations.js';

const parts: { endpoints?: OpenEndpoints } = {};
beforeAll(async () => {
  parts.endpoints = await openEndpoints(['disk', 'etcd 3.5']);
});
afterAll(() => parts.endpoints?.close());

const urlOf = (name: Implementation) => parts.endpoints?.url(name) ?? '';

interface Page {
  readonly type: string;
  /** By name. */
  readonly kinds: ReadonlyMap<string, string>;
  /** By name and labels, in the order of their names. */
  readonly values: ReadonlyMap<string, number>;
}

async function scrape(name: Implementation): Promise<Page> {
  const response = await fetch(`${urlOf(name)}/metrics`);
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n');
  const kinds = lines.flatMap((line): [string, string][] => {
    const [, metric, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    return metric === undefined || kind === undefined ? [] : [[metric, kind]];
  });
  const values = lines.flatMap((line): [string, number][] => {
    const [, metric, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const sorted = labels.split(',').toSorted().join();
    return metric === undefined ? [] : [[`${metric}{${sorted}}`, Number(value)]];
  });
  const type = response.headers.get('content-type') ?? '';
  return { type, kinds: new Map(kinds), values: new Map(values) };
}

/** So many of each that no two figures are alike by accident. */
async function use(client: EtcdClient): Promise<void> {
  const put = (key: string) => client.put({ key: keyOf(key), value: keyOf('1') });
  for (const key of ['a', 'b', 'c', 'd', 'e', 'a']) await put(key);
  await client.deleteRange({ key: keyOf('d'), rangeEnd: keyOf('f') });
  await client.txn({
    compare: [],
    success: [
      { kind: 'put', request: { key: keyOf('f'), value: keyOf('2') } },
      { kind: 'put', request: { key: keyOf('g'), value: keyOf('2') } },
      { kind: 'delete-range', request: { key: keyOf('b') } },
    ],
    failure: [],
  });
  for (const id of [1n, 2n, 3n]) await client.grantLease(100, leaseId(id));
  await client.keepAlive(leaseId(1n));
  await client.revokeLease(leaseId(2n));
  await client.range({ key: keyOf('a') });
  await client.compact(4);
  await expect(client.compact(3)).rejects.toMatchObject({ code: 'etcd/compacted' });
  await expect(client.revokeLease(leaseId(9n))).rejects.toMatchObject({ code: 'etcd/lease-not-found' });
}

const own = /^(etcd|grpc)_/;
const same =
  /^etcd_(server_(has_leader|is_leader|is_learner|leader_changes|quota)|mvcc_(put|delete|txn)_total|debugging_(mvcc_(keys|current|compact|watcher)|lease_(granted|revoked|renewed)|server_lease))/;
const calls = /^grpc_server_(handled|started)_total\{.*grpc_service="etcdserverpb.(KV|Lease)"/;

test('has names, kinds and figures of etcd 3.5', async () => {
  // Figures that begin with the first look begin here.
  await Promise.all([scrape('disk'), scrape('etcd 3.5')]);
  for (const name of ['disk', 'etcd 3.5'] as const) {
    const client = connect([urlOf(name)]);
    await use(client);
    await client.close();
  }
  const [ours, etcd] = await Promise.all([scrape('disk'), scrape('etcd 3.5')]);
  const names = [...ours.kinds.keys()].filter((name) => own.test(name));
  expect(names.length).toBeGreaterThan(20);
  const kindsOf = (page: Page) => Object.fromEntries(names.map((name) => [name, page.kinds.get(name)]));
  expect(kindsOf(ours)).toEqual(kindsOf(etcd));
  expect(ours.type).toMatch(/^text\/plain; version=0.0.4/);

  const figures = [...ours.values.keys()].filter((name) => same.test(name) || calls.test(name));
  expect(figures.length).toBeGreaterThan(30);
  const valuesOf = (page: Page) => Object.fromEntries(figures.map((name) => [name, page.values.get(name)]));
  expect(valuesOf(ours)).toEqual(valuesOf(etcd));
  expect(
    ours.values.get(
      'grpc_server_handled_total{grpc_code="NotFound",grpc_method="LeaseRevoke",grpc_service="etcdserverpb.Lease",grpc_type="unary"}',
    ),
  ).toBe(1);
  // What no etcd but ours has counted is 0 there.
  const missed = [...etcd.values].filter(
    ([name, value]) => calls.test(name) && value > 0 && !ours.values.has(name),
  );
  expect(missed).toEqual([]);

  const count = 'etcd_disk_backend_commit_duration_seconds_count{}';
  expect(ours.values.get(count)).toBeGreaterThan(5);
  const buckets = (page: Page) =>
    [...page.values.keys()].filter((name) => /commit_duration.*_bucket/.test(name)).length;
  expect(buckets(ours)).toBe(buckets(etcd));
  expect(ours.values.get('etcd_mvcc_db_total_size_in_use_in_bytes{}')).toBeLessThanOrEqual(
    ours.values.get('etcd_mvcc_db_total_size_in_bytes{}') ?? 0,
  );
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_open_fds',
    'process_start_time_seconds',
  ]) {
    expect([name, ours.kinds.get(name)]).toEqual([name, etcd.kinds.get(name)]);
  }
});

test('says which etcd it behaves as', async () => {
  const { values } = await scrape('disk');
  expect(values.get('etcd_server_version{server_version="3.5.16"}')).toBe(1);
});
