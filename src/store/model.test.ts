// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { type Kv, keyOf, type Op, type TxnRequest, textOf } from '../etcd/index.js';
import { leaseId } from '../model/index.js';
import { faultyBackend } from './faulty-backend.js';
import { type Naive, type NaiveOp, naiveStore } from './naive-store.js';
import { openStoreOn } from './open-store.js';

const key = fc.constantFrom('a', 'b', 'c', 'd');
const lease = fc.integer({ min: 0, max: 1 });
// Mostly none: a put with a lease that is not there is refused.
const putLease = fc.constantFrom(0, 0, 0, 1);
const back = fc.integer({ min: -1, max: 4 });

const { op } = fc.letrec<{ op: NaiveOp; ops: NaiveOp[] }>((tie) => ({
  op: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('put' as const),
      key,
      value: fc.string({ maxLength: 2 }),
      lease: putLease,
    }),
    fc.record({ kind: fc.constant('delete' as const), from: key, to: fc.option(key, { nil: undefined }) }),
    fc.record({
      kind: fc.constant('range' as const),
      from: key,
      to: fc.option(key, { nil: undefined }),
      back,
    }),
    fc.record({
      kind: fc.constant('txn' as const),
      compare: fc.record({ key, version: fc.integer({ min: 0, max: 3 }) }),
      success: tie('ops'),
      failure: tie('ops'),
    }),
  ),
  ops: fc.array(tie('op'), { maxLength: 4, size: 'max' }),
}));

const action = fc.oneof(
  { weight: 8, arbitrary: op },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), back }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('grant' as const), lease }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), lease }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('action' as const), action }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      ops: fc.array(op, { maxLength: 5, size: 'max' }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('disk-full' as const),
      actions: fc.array(action, { maxLength: 4, size: 'max' }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test('whatever is done: the same answers as a store of plain copies, also after a full disk or a restart', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), async (steps) => {
      const run = await begin();
      for (const one of steps) await play(run, one);
      await compareAll(run);
      await run.store.close();
    }),
    { numRuns: 100 },
  );
});

interface Run {
  readonly backend: ReturnType<typeof faultyBackend>;
  readonly naive: Naive;
  store: Awaited<ReturnType<typeof openStoreOn>>;
}

async function begin(): Promise<Run> {
  const backend = faultyBackend();
  return { backend, naive: naiveStore(), store: await open(backend) };
}

function open(backend: ReturnType<typeof faultyBackend>) {
  const random = { bytes: (length: number) => new Uint8Array(length).fill(7) };
  return openStoreOn(backend, { clock: manualClock(), random, log: silentLog });
}

async function play(run: Run, one: Step): Promise<void> {
  const { naive, store } = run;
  const now = naive.revision();
  switch (one.kind) {
    case 'action':
      if (one.action.kind === 'put' || one.action.kind === 'txn') return playOps(run, [one.action]);
      expect(await outcome(ask(store.kv, one.action, now))).toEqual(answerOf(naive, one.action, now));
      return;
    case 'burst':
      return playOps(run, one.ops);
    case 'disk-full':
      run.backend.failNext();
      await Promise.allSettled(one.actions.map((each) => ask(store.kv, each, now)));
      run.backend.heal();
      return;
    case 'reopen':
      await store.close();
      run.store = await open(run.backend);
      return;
  }
}

function ask(kv: Kv, each: Action, now: number): Promise<unknown> {
  switch (each.kind) {
    case 'compact':
      return kv.compact(now - each.back);
    case 'grant':
      return kv.grantLease(60, leaseId(BigInt(each.lease + 1)));
    case 'revoke':
      return kv.revokeLease(leaseId(BigInt(each.lease + 1)));
    default:
      return perform(kv, each, now);
  }
}

function answerOf(naive: Naive, each: Action, now: number): unknown {
  switch (each.kind) {
    case 'compact':
      return naive.compact(now - each.back);
    case 'grant':
      return naive.grant(each.lease + 1);
    case 'revoke':
      return naive.revoke(each.lease + 1);
    default:
      return naive.run(each, now);
  }
}

/** All at once; they are decided in the order they were asked. */
async function playOps({ store, naive }: Run, ops: readonly NaiveOp[]): Promise<void> {
  const now = naive.revision();
  const answers = await Promise.all(ops.map((each) => outcome(perform(store.kv, each, now))));
  ops.forEach((each, at) => {
    // Which puts and deletes exclude each other in one txn is tested by itself.
    if (answers[at] === 'etcd/duplicate-key') return;
    // A range reads what is on disk, which in a burst is the state before it.
    if (each.kind === 'range' && ops.length > 1) return;
    if (ops.length > 1 && isReadOnly(each)) return;
    expect(answers[at]).toEqual(naive.run(each, now));
  });
}

function isReadOnly(each: NaiveOp): boolean {
  return (
    each.kind === 'range' || (each.kind === 'txn' && [...each.success, ...each.failure].every(isReadOnly))
  );
}

async function compareAll({ store, naive }: Run): Promise<void> {
  for (let at = Math.max(1, naive.compactRevision()); at <= naive.revision(); at += 1) {
    const answer = await store.kv.range({ key: keyOf('\0'), rangeEnd: keyOf('\0'), revision: at });
    expect(answer.kvs.map(plain)).toEqual(naive.stateAt(at));
  }
  const ended = new AbortController();
  const startRevision = Math.max(1, naive.compactRevision());
  const expected = naive.eventsFrom(startRevision);
  const events: unknown[] = [];
  const request = { key: keyOf('\0'), rangeEnd: keyOf('\0'), startRevision };
  const watching = store.kv.watch(request, ended.signal)[Symbol.asyncIterator]();
  while (events.length < expected.length) {
    const { value } = await watching.next();
    if (value?.kind !== 'events') continue;
    for (const event of value.events) {
      events.push([event.kind, textOf(event.kv.key), textOf(event.kv.value), event.kv.modRevision]);
    }
  }
  ended.abort();
  expect(events).toEqual(expected);
  for (const id of [1, 2]) {
    const info = await store.kv.timeToLive(leaseId(BigInt(id)), { keys: true });
    expect(info.ttlSeconds < 0 ? undefined : info.keys.map(textOf)).toEqual(naive.leaseKeys(id));
  }
}

function perform(kv: Kv, each: NaiveOp, now: number): Promise<unknown> {
  const request = opOf(each, now);
  switch (request.kind) {
    case 'put':
      return kv.put(request.request);
    case 'range':
      return kv.range(request.request);
    case 'delete-range':
      return kv.deleteRange(request.request);
    case 'txn':
      return kv.txn(request.request);
  }
}

function opOf(each: NaiveOp, now: number): Op {
  switch (each.kind) {
    case 'put': {
      const named = { key: keyOf(each.key), value: keyOf(each.value), prevKv: true };
      return { kind: 'put', request: { ...named, lease: leaseId(BigInt(each.lease)) } };
    }
    case 'delete':
      return { kind: 'delete-range', request: { ...spanOf(each), prevKv: true } };
    case 'range':
      return { kind: 'range', request: { ...spanOf(each), revision: Math.max(0, now - each.back) } };
    case 'txn':
      return { kind: 'txn', request: txnOf(each, now) };
  }
}

function txnOf(each: Extract<NaiveOp, { kind: 'txn' }>, now: number): TxnRequest {
  const { key: name, version } = each.compare;
  return {
    compare: [{ key: keyOf(name), target: 'version', result: 'equal', number: version }],
    success: each.success.map((one) => opOf(one, now)),
    failure: each.failure.map((one) => opOf(one, now)),
  };
}

function spanOf({ from, to }: { from: string; to?: string | undefined }) {
  return to === undefined ? { key: keyOf(from) } : { key: keyOf(from), rangeEnd: keyOf(to) };
}

/** The answer in plain values, or the code of the refusal. */
async function outcome(pending: Promise<unknown>): Promise<unknown> {
  try {
    return simple(await pending);
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

function simple(value: unknown): unknown {
  if (value instanceof Uint8Array) return textOf(value);
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(simple);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, simple(part)]));
}

function plain(kv: unknown): unknown {
  return simple(kv);
}
