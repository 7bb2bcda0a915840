// SPDX-License-Identifier: Apache-2.0

import type { KeyValue, RangeRequest, RangeResponse } from '../etcd/index.js';
import { fail } from '../etcd/index.js';
import { revision } from '../model/index.js';
import { spanOf } from './key.js';
import type { KeyVersion } from './key-index.js';
import { type Keyspace, keyOnly, loadKeyValue, loadRecord, type Position } from './keyspace.js';

interface Found {
  readonly key: string;
  readonly version: KeyVersion;
}

/**
 * Answers a range as etcd does (server/etcdserver/apply.go, 3.5): `count` is of the whole span whatever the
 * filters and the limit; filters come before sorting, sorting before the limit.
 *
 * @param now the position the answer is given at: the newest readable revision and the oldest
 * @throws `etcd/future-revision`, `etcd/compacted`
 *
 * Cost: visits every key of the span, and reads the values of the answer.
 */
export function rangeAt(space: Keyspace, now: Readonly<Position>, request: RangeRequest): RangeResponse {
  const at = readableRevision(now, request.revision ?? 0);
  const { found, count } = select(space, request, at);
  const kept = sorted(space, request, found.filter(filterOf(request)));
  const limit = request.limit ?? 0;
  const isCut = limit > 0 && kept.length > limit;
  const kvs = (isCut ? kept.slice(0, limit) : kept).map((one) => keyValue(space, request, one));
  return { revision: revision(now.revision), kvs, more: isCut, count };
}

/** The revision to read at. */
export function readableRevision(now: Readonly<Position>, wanted: number): number {
  if (wanted <= 0) return now.revision;
  if (wanted > now.revision) throw fail('etcd/future-revision');
  if (wanted < now.compactRevision) throw fail('etcd/compacted');
  return wanted;
}

function select(space: Keyspace, request: RangeRequest, at: number) {
  const span = spanOf(request);
  if (span.isPoint) return selectOne(space, span.from, at, request.countOnly ?? false);
  const found: Found[] = [];
  const progress = { count: 0 };
  const most = request.countOnly ? 0 : mostNeeded(request);
  space.index.each(span, at, (key, version) => {
    if (progress.count < most) found.push({ key, version });
    progress.count += 1;
    return true;
  });
  return { found, count: progress.count };
}

function selectOne(space: Keyspace, key: string, at: number, isCountOnly: boolean) {
  const version = space.index.at(key, at);
  if (version === undefined) return { found: [], count: 0 };
  return { found: isCountOnly ? [] : [{ key, version }], count: 1 };
}

/** A limit may stop early only when nothing is filtered or sorted; one more than it tells whether it cut. */
function mostNeeded(request: RangeRequest): number {
  const limit = request.limit ?? 0;
  const hasOrder = (request.sortOrder ?? 'none') !== 'none';
  return limit > 0 && !hasOrder && !hasFilter(request) ? limit + 1 : Number.POSITIVE_INFINITY;
}

function hasFilter(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return Boolean(minModRevision || maxModRevision || minCreateRevision || maxCreateRevision);
}

/** A bound of 0 is none. */
function filterOf(request: RangeRequest): (found: Found) => boolean {
  if (!hasFilter(request)) return () => true;
  const minMod = request.minModRevision || Number.NEGATIVE_INFINITY;
  const maxMod = request.maxModRevision || Number.POSITIVE_INFINITY;
  const minCreate = request.minCreateRevision || Number.NEGATIVE_INFINITY;
  const maxCreate = request.maxCreateRevision || Number.POSITIVE_INFINITY;
  return ({ version }) =>
    version.revision >= minMod &&
    version.revision <= maxMod &&
    version.createRevision >= minCreate &&
    version.createRevision <= maxCreate;
}

function sorted(space: Keyspace, request: RangeRequest, found: readonly Found[]): readonly Found[] {
  const target = request.sortTarget ?? 'key';
  const order = request.sortOrder ?? 'none';
  if (target === 'key') return order === 'descend' ? found.toReversed() : found;
  const sign = order === 'descend' ? -1 : 1;
  if (target === 'value') return sortedByValue(space, found, sign);
  return found.toSorted((a, b) => sign * (numberOf(a.version, target) - numberOf(b.version, target)));
}

function numberOf(version: KeyVersion, target: 'version' | 'create' | 'mod'): number {
  if (target === 'version') return version.version;
  return target === 'create' ? version.createRevision : version.revision;
}

function sortedByValue(space: Keyspace, found: readonly Found[], sign: number): readonly Found[] {
  const valued = found.map((one) => ({ one, value: loadRecord(space, one.version).value }));
  valued.sort((a, b) => sign * Buffer.compare(a.value, b.value));
  return valued.map(({ one }) => one);
}

function keyValue(space: Keyspace, request: RangeRequest, { key, version }: Found): KeyValue {
  return request.keysOnly ? keyOnly(key, version) : loadKeyValue(space, version);
}
