// SPDX-License-Identifier: Apache-2.0

import { leaseId, type Revision, revision } from '../model/index.js';
import { fail } from './errors.js';
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyRange,
  KeyValue,
  Op,
  OpResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchEvent,
} from './kv.js';

/** Keys as strings of one character a byte, which sort as the bytes do. */
export const nameOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const zero = '\0';

export function isInRange(range: KeyRange, name: string): boolean {
  const start = nameOf(range.key);
  if (range.rangeEnd === undefined) return name === start;
  const end = nameOf(range.rangeEnd);
  return name >= start && (end === zero || name < end);
}

/** Every version of every key, in plain maps: for tests, not for size. */
export class MemoryKeys {
  /** By name; the last one is the newest, a version of 0 says "deleted". */
  private readonly versions = new Map<string, KeyValue[]>();
  /** Every change there was, in order, whatever was compacted. */
  readonly log: WatchEvent[] = [];
  current: Revision = revision(1);
  compacted = 0;

  /** What a key was at a revision. */
  find(name: string, at: number = this.current): KeyValue | undefined {
    const found = this.versions.get(name)?.findLast((kv) => kv.modRevision <= at);
    return found === undefined || found.version === 0 ? undefined : found;
  }

  inRange(range: KeyRange, at: number = this.current): readonly KeyValue[] {
    if (range.rangeEnd === undefined) return [this.find(nameOf(range.key), at) ?? []].flat();
    const names = [...this.versions.keys()].filter((name) => isInRange(range, name)).sort();
    return names.flatMap((name) => this.find(name, at) ?? []);
  }

  range(request: RangeRequest, newest: Revision = this.current): RangeResponse {
    if (request.key.length === 0) throw fail('etcd/key-empty');
    const at = request.revision || newest;
    if (at > newest) throw fail('etcd/future-revision');
    if (at < this.compacted) throw fail('etcd/compacted');
    const all = this.inRange(request, at);
    const kvs = sorted(all.filter(within(request)), request);
    const cut = request.limit && kvs.length > request.limit ? kvs.slice(0, request.limit) : kvs;
    const shown = request.keysOnly ? cut.map((kv) => ({ ...kv, value: new Uint8Array(0) })) : cut;
    return {
      revision: this.current,
      kvs: request.countOnly ? [] : shown,
      more: !request.countOnly && cut.length < kvs.length,
      count: all.length,
    };
  }

  put(request: PutRequest, at: Revision): PutResponse {
    if (request.key.length === 0) throw fail('etcd/key-empty');
    if (request.ignoreValue && request.value.length > 0) throw fail('etcd/value-provided');
    if (request.ignoreLease && request.lease) throw fail('etcd/lease-provided');
    const before = this.find(nameOf(request.key), at);
    if ((request.ignoreValue || request.ignoreLease) && !before) throw fail('etcd/key-not-found');
    const kv: KeyValue = {
      key: request.key,
      value: request.ignoreValue && before ? before.value : request.value,
      createRevision: before?.createRevision ?? at,
      modRevision: at,
      version: (before?.version ?? 0) + 1,
      lease: (request.ignoreLease ? before?.lease : request.lease) ?? leaseId(0n),
    };
    this.write({ kind: 'put', kv, ...(before ? { prevKv: before } : {}) });
    return { revision: at, ...(request.prevKv && before ? { prevKv: before } : {}) };
  }

  deleteRange(request: DeleteRangeRequest, at: Revision): DeleteRangeResponse {
    if (request.key.length === 0) throw fail('etcd/key-empty');
    const found = this.inRange(request, at);
    for (const prevKv of found) {
      const none = { createRevision: revision(0), version: 0, lease: leaseId(0n) };
      this.write({
        kind: 'delete',
        kv: { key: prevKv.key, value: new Uint8Array(0), modRevision: at, ...none },
        prevKv,
      });
    }
    return { revision: at, deleted: found.length, prevKvs: request.prevKv ? found : [] };
  }

  txn(request: TxnRequest, at: Revision): TxnResponse {
    const succeeded = request.compare.every((compare) => this.holds(compare));
    const ops = succeeded ? request.success : request.failure;
    return { revision: at, succeeded, responses: ops.map((op) => this.run(op, at)) };
  }

  /** Takes back what was written since the log had this length. */
  undo(logLength: number): void {
    for (const event of this.log.splice(logLength)) this.versions.get(nameOf(event.kv.key))?.pop();
  }

  private run(op: Op, at: Revision): OpResponse {
    switch (op.kind) {
      case 'range':
        return { kind: op.kind, response: this.range(op.request, at) };
      case 'put':
        return { kind: op.kind, response: this.put(op.request, at) };
      case 'delete-range':
        return { kind: op.kind, response: this.deleteRange(op.request, at) };
      case 'txn':
        return { kind: op.kind, response: this.txn(op.request, at) };
    }
  }

  private holds(compare: Compare): boolean {
    const found = this.inRange(compare);
    if (compare.rangeEnd !== undefined && found.length === 0) return true;
    const kvs = found.length === 0 ? [undefined] : found;
    return kvs.every((kv) => {
      if (compare.target === 'value' && kv === undefined) return false;
      const order = orderOf(compare, kv);
      const { result } = compare;
      if (result === 'equal') return order === 0;
      if (result === 'not-equal') return order !== 0;
      return result === 'greater' ? order > 0 : order < 0;
    });
  }

  private write(event: WatchEvent): void {
    const name = nameOf(event.kv.key);
    this.versions.set(name, [...(this.versions.get(name) ?? []), event.kv]);
    this.log.push(event);
  }
}

function orderOf(compare: Compare, kv: KeyValue | undefined): number {
  switch (compare.target) {
    case 'version':
      return (kv?.version ?? 0) - compare.number;
    case 'create':
      return (kv?.createRevision ?? 0) - compare.number;
    case 'mod':
      return (kv?.modRevision ?? 0) - compare.number;
    case 'lease':
      return Number((kv?.lease ?? 0n) - compare.lease);
    case 'value':
      return Buffer.compare(kv?.value ?? new Uint8Array(0), compare.value);
  }
}

function within(request: RangeRequest): (kv: KeyValue) => boolean {
  const top = (value: number | undefined) => value || Number.MAX_SAFE_INTEGER;
  return (kv) =>
    kv.modRevision >= (request.minModRevision ?? 0) &&
    kv.modRevision <= top(request.maxModRevision) &&
    kv.createRevision >= (request.minCreateRevision ?? 0) &&
    kv.createRevision <= top(request.maxCreateRevision);
}

function sorted(kvs: readonly KeyValue[], request: RangeRequest): readonly KeyValue[] {
  const target = request.sortTarget ?? 'key';
  const order = request.sortOrder ?? 'none';
  // As in etcd, a target other than the key asks for an order even when none is named.
  if (order === 'none' && target === 'key') return kvs;
  const sign = order === 'descend' ? -1 : 1;
  return kvs.toSorted((a, b) => {
    if (target === 'key' || target === 'value') return sign * Buffer.compare(a[target], b[target]);
    if (target === 'version') return sign * (a.version - b.version);
    const field = target === 'create' ? 'createRevision' : 'modRevision';
    return sign * (a[field] - b[field]);
  });
}
