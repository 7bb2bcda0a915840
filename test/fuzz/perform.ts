// SPDX-License-Identifier: Apache-2.0

import type { Compare, RequestOp, TxnRequest } from '../../src/etcd/gen/etcdserverpb/kv.js';
import { WatchCreateRequest_FilterType as Filter } from '../../src/etcd/gen/etcdserverpb/watch.js';
import { methods } from '../../src/etcd/methods.js';
import { bytesOf, type MethodOf, messageOf, requestOf } from '../conformance/message.js';
import { normalise } from '../conformance/normalise.js';
import { compareOf, deleteOp, putOp, rangeOp, txnOp } from '../conformance/ops.js';
import type { Wire } from '../conformance/wire-client.js';
import type { Bounds, RandomCall, RandomCompare, RandomOp, RandomRange, RandomTxn } from './random-calls.js';
import { watchOnce } from './watch-once.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const bounds = ({ key, rangeEnd }: Bounds) => ({ key: bytes(key), rangeEnd: bytes(rangeEnd) });
/** -1 for none, 0 one that is never granted. */
const leaseOf = (n: number) => (n < 0 ? 0n : BigInt(5000 + n));

/** Makes the call with revisions counted from `base`, and returns the answer in a form that can be compared. */
export async function perform(
  wire: Wire,
  call: RandomCall,
  base: number,
  metadata: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const ask = <Req, Res>(method: MethodOf<Req, Res>, request: Partial<Req>) =>
    answer({ wire, metadata, base }, method, request);
  switch (call.kind) {
    case 'range':
    case 'put':
    case 'delete':
    case 'txn':
      return performOp(ask, call, base);
    case 'compact':
      return ask(methods.compact, { revision: base + call.at, physical: call.physical });
    case 'grant':
      return call.lease === 0 ? 'skipped' : ask(methods.grantLease, { ID: leaseOf(call.lease), TTL: 5000n });
    case 'revoke':
      return ask(methods.revokeLease, { ID: leaseOf(call.lease) });
    case 'time':
      return ask(methods.timeToLive, { ID: leaseOf(call.lease), keys: true });
    case 'keepalive':
      return ask(methods.keepAlive, { ID: leaseOf(call.lease) });
    case 'leases':
      return ask(methods.leases, {});
    case 'watch': {
      const { watch } = call;
      const filters =
        watch.filter === 'none' ? [] : [watch.filter === 'no-put' ? Filter.NOPUT : Filter.NODELETE];
      const create = {
        ...bounds(watch),
        startRevision: numberAt(watch.startRevision, base),
        prevKv: watch.prevKv,
        filters,
      };
      return normalise(await watchOnce(wire, create, metadata), { base, prefix: '' });
    }
  }
}

type Ask = <Req, Res>(method: MethodOf<Req, Res>, request: Partial<Req>) => Promise<unknown>;

function performOp(ask: Ask, op: RandomOp, base: number): Promise<unknown> {
  switch (op.kind) {
    case 'range':
      return ask(methods.range, rangeFields(op.range, base));
    case 'put':
      return ask(methods.put, putFields(op.put));
    case 'delete':
      return ask(methods.deleteRange, { ...bounds(op.remove), prevKv: op.remove.prevKv });
    case 'txn':
      return ask(methods.txn, txnFields(op.txn, base));
  }
}

interface Asked {
  readonly wire: Wire;
  readonly metadata: Readonly<Record<string, string>>;
  readonly base: number;
}

async function answer<Req, Res>(
  { wire, metadata, base }: Asked,
  method: MethodOf<Req, Res>,
  request: Partial<Req>,
) {
  const { status, text, messages } = await wire.unary(method.path, requestOf(method, request), metadata);
  const [first] = messages;
  if (status !== 0 || first === undefined) return { status, text };
  const message = messageOf(method, first);
  const isExact = Buffer.from(bytesOf(method, message)).equals(first);
  return withoutOrder({ ...fieldsOf(normalise(message, { base, prefix: '' })), isExact });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : { value };
}

/** etcd lists leases, and the keys of one, in any order; the seconds left go down while the test runs. */
function withoutOrder(fields: Readonly<Record<string, unknown>>): unknown {
  const sorted = (list: unknown) =>
    Array.isArray(list) ? { sorted: list.map((one) => JSON.stringify(one)).toSorted() } : undefined;
  const { leases, keys, TTL, ...rest } = fields;
  const time = typeof TTL === 'number' && TTL > 1000 ? 'running' : TTL;
  return { ...rest, leases: sorted(leases), keys: sorted(keys), TTL: time };
}

function numberAt(at: RandomRange['revision'], base: number): number {
  if (at === 'none') return 0;
  return at === 'negative' ? -1 : base + at;
}

function rangeFields(range: RandomRange, base: number) {
  return {
    ...range,
    ...bounds(range),
    revision: numberAt(range.revision, base),
    minModRevision: numberAt(range.minModRevision, base),
    maxModRevision: numberAt(range.maxModRevision, base),
    minCreateRevision: numberAt(range.minCreateRevision, base),
    maxCreateRevision: numberAt(range.maxCreateRevision, base),
  };
}

function putFields(put: Extract<RandomOp, { kind: 'put' }>['put']) {
  return { ...put, key: bytes(put.key), value: bytes(put.value), lease: leaseOf(put.lease) };
}

function txnFields(txn: RandomTxn, base: number): TxnRequest {
  const ops = (list: readonly RandomOp[]) => list.map((op) => opOf(op, base));
  return {
    compare: txn.compare.map((one) => compareFields(one, base)),
    success: ops(txn.success),
    failure: ops(txn.failure),
  };
}

function opOf(op: RandomOp, base: number): RequestOp {
  switch (op.kind) {
    case 'range':
      return rangeOp(rangeFields(op.range, base));
    case 'put':
      return putOp(putFields(op.put));
    case 'delete':
      return deleteOp({ ...bounds(op.remove), prevKv: op.remove.prevKv });
    case 'txn':
      return txnOp(txnFields(op.txn, base));
  }
}

function compareFields(compare: RandomCompare, base: number): Compare {
  const { result, target, number } = compare;
  const fields = { ...bounds(compare), result, target };
  return compareOf(compare.isBare ? fields : { ...fields, targetUnion: unionOf(compare, number, base) });
}

function unionOf(compare: RandomCompare, number: number, base: number): NonNullable<Compare['targetUnion']> {
  switch (compare.target) {
    case 0:
      return { $case: 'version', value: BigInt(number) };
    case 1:
      return { $case: 'createRevision', value: BigInt(base + number) };
    case 2:
      return { $case: 'modRevision', value: BigInt(base + number) };
    case 3:
      return { $case: 'value', value: bytes(compare.value) };
    case 4:
      return { $case: 'lease', value: leaseOf(number) };
  }
}
