// SPDX-License-Identifier: Apache-2.0

import { Compare_CompareTarget as Target, type TxnResponse } from '../../src/etcd/gen/etcdserverpb/kv.js';
import { methods } from '../../src/etcd/methods.js';
import { type MethodOf, messageOf, requestOf } from '../conformance/message.js';
import { compareOf, putOp, rangeOp } from '../conformance/ops.js';
import type { Wire } from '../conformance/wire-client.js';
import type { SeededRandom } from '../fuzz/seeded-random.js';
import type { Action, Operation } from './linearizable.js';

export const registers = ['r0', 'r1', 'r2'] as const;
export const pairs = ['p0', 'p1', 'p2', 'p3'] as const;

/** All that clients did and were told while one server lived. */
export interface History {
  readonly operations: Map<string, Operation[]>;
  /** Answered writes: at this revision the key had this value. */
  readonly written: { readonly key: string; readonly value: string; readonly revision: number }[];
  /** Granted and not revoked, as far as answers say. */
  readonly leases: Set<bigint>;
  /** A revoke was asked for, so either is right. */
  readonly leaving: Set<bigint>;
  readonly revoked: Set<bigint>;
  newest: number;
  answered: number;
}

export interface ClientsDeps {
  readonly wire: Wire;
  readonly random: SeededRandom;
  /** Makes values unique. */
  readonly round: number;
  /** Called after each answered write. */
  readonly onAnswer: (answered: number) => void;
}

/** The connection broke: nobody knows what became of the call. */
class Gone extends Error {}

/** So many clients, each doing one thing after the other until the server is gone. */
export async function runClients(deps: ClientsDeps, count: number): Promise<History> {
  const history: History = {
    operations: new Map(registers.map((key) => [key, []])),
    written: [],
    leases: new Set(),
    leaving: new Set(),
    revoked: new Set(),
    newest: 0,
    answered: 0,
  };
  const clock = { now: 0 };
  const one = async (client: number) => {
    try {
      for (let n = 0; ; n += 1) await act(deps, history, clock, `${deps.round}.${client}.${n}`);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    }
  };
  await Promise.all(Array.from({ length: count }, (_, client) => one(client)));
  return history;
}

async function act(
  deps: ClientsDeps,
  history: History,
  clock: { now: number },
  value: string,
): Promise<void> {
  const { random } = deps;
  const n = random.below(100);
  if (n < 20) return writePair(deps, history, random.pick(pairs), value);
  if (n < 30) return useLease(deps, history);
  const key = random.pick(registers);
  const list = history.operations.get(key) ?? [];
  const action = chooseAction(random, list, value);
  const start = tick(clock);
  const place = list.push({ action, start }) - 1;
  const done = await perform(deps, history, key, action);
  list[place] = { action: done, start, end: tick(clock) };
}

function tick(clock: { now: number }): number {
  clock.now += 1;
  return clock.now;
}

/** A read says what it saw once it was answered; before, it cannot count. */
function chooseAction(random: SeededRandom, list: readonly Operation[], value: string): Action {
  if (random.chance(0.4)) return { kind: 'write', value };
  if (random.chance(0.5)) return { kind: 'read', value: '' };
  const from = lastValue(list);
  return { kind: 'swap', from, to: value, isDone: false };
}

function lastValue(list: readonly Operation[]): string {
  const action = list.findLast(({ action, end }) => end !== undefined && action.kind !== 'swap')?.action;
  return action === undefined || action.kind === 'swap' ? '' : action.value;
}

async function perform(deps: ClientsDeps, history: History, key: string, action: Action): Promise<Action> {
  switch (action.kind) {
    case 'write': {
      const { revision } = await write(deps, history, {
        success: [putOp({ key: bytes(key), value: bytes(action.value) })],
      });
      history.written.push({ key, value: action.value, revision });
      return action;
    }
    case 'read': {
      const answer = await ask(deps, history, methods.range, { key: bytes(key) });
      return { kind: 'read', value: textOf(answer.kvs[0]?.value) };
    }
    case 'swap': {
      const targetUnion = { $case: 'value', value: bytes(action.from) } as const;
      const compare = [compareOf({ key: bytes(key), target: Target.VALUE, targetUnion })];
      const success = [putOp({ key: bytes(key), value: bytes(action.to) })];
      const { revision, response } = await write(deps, history, {
        compare,
        success,
        failure: [rangeOp({ key: bytes(key) })],
      });
      if (response.succeeded) history.written.push({ key, value: action.to, revision });
      return { ...action, isDone: response.succeeded };
    }
  }
}

/** Both keys get the same value in one txn, in two steps of its list. */
async function writePair(deps: ClientsDeps, history: History, pair: string, value: string): Promise<void> {
  const put = (side: string) => putOp({ key: bytes(`${pair}${side}`), value: bytes(value) });
  const { revision } = await write(deps, history, { success: [put('left'), put('right')] });
  for (const side of ['left', 'right']) history.written.push({ key: `${pair}${side}`, value, revision });
}

async function useLease(deps: ClientsDeps, history: History): Promise<void> {
  const [old] = history.leases;
  if (old !== undefined && deps.random.chance(0.4)) {
    history.leases.delete(old);
    history.leaving.add(old);
    await ask(deps, history, methods.revokeLease, { ID: old });
    history.leaving.delete(old);
    history.revoked.add(old);
    return;
  }
  const { ID } = await ask(deps, history, methods.grantLease, { TTL: 5_000n });
  history.leases.add(ID);
  await ask(deps, history, methods.put, { key: bytes(`lease/${ID}`), lease: ID }).catch(
    unlessRevoked(history, ID),
  );
}

/** Another client may have revoked it before the put. */
function unlessRevoked(history: History, id: bigint) {
  return (error: unknown) => {
    if (error instanceof Gone || history.leases.has(id)) throw error;
  };
}

type TxnFields = Partial<Parameters<typeof methods.txn.request.encode>[0]>;

async function write(deps: ClientsDeps, history: History, fields: TxnFields) {
  const response: TxnResponse = await ask(deps, history, methods.txn, fields);
  return { revision: response.header?.revision ?? 0, response };
}

async function ask<Req, Res extends { readonly header: { readonly revision: number } | undefined }>(
  deps: ClientsDeps,
  history: History,
  method: MethodOf<Req, Res>,
  fields: Partial<Req>,
): Promise<Res> {
  const { status, text, messages } = await deps.wire.unary(method.path, requestOf(method, fields));
  const [message] = messages;
  if (status === -1 || status === 14) throw new Gone(text);
  if (status !== 0 || message === undefined) throw new Error(`${method.path}: ${status} ${text}`);
  const response = messageOf(method, message);
  history.newest = Math.max(history.newest, response.header?.revision ?? 0);
  history.answered += 1;
  deps.onAnswer(history.answered);
  return response;
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

function textOf(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString('latin1');
}
