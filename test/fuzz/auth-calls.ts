// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../src/etcd/methods.js';
import { authSpecs } from '../../src/etcd/methods-auth.js';
import { type MethodOf, messageOf, requestOf } from '../conformance/message.js';
import { normalise } from '../conformance/normalise.js';
import type { Wire } from '../conformance/wire-client.js';
import { perform } from './perform.js';
import { type RandomCall, type RandomTxn, randomCall } from './random-calls.js';
import type { SeededRandom } from './seeded-random.js';

/** A call of somebody, by the token of the last log-in, whether it still counts or not; `''` is nobody. */
export type AuthCall =
  | { readonly kind: 'login'; readonly user: string; readonly password: string }
  | { readonly kind: 'order'; readonly by: string; readonly order: Order }
  | { readonly kind: 'data'; readonly by: string; readonly call: RandomCall };

interface Order {
  readonly method: keyof typeof authSpecs;
  readonly user: string;
  readonly role: string;
  readonly password: string;
  readonly key: string;
  readonly rangeEnd: string;
  readonly permType: 0 | 1 | 2;
}

/** One store, and what its users were given. */
export interface AuthSide {
  readonly wire: Wire;
  readonly base: number;
  readonly authBase: bigint;
  readonly tokens: Map<string, string>;
}

const users = ['ann', 'bob', 'none', 'root'] as const;
const roles = ['r', 's', 'none', 'root'] as const;
/** Root keeps its own, or nobody could end a round. */
const passwords = ['1', '2', ''] as const;
const keys = ['a', 'ab', 'b', 'c', '', '\0'] as const;
const ends = ['', '', 'b', 'c', 'e', 'a', '\0'] as const;
const orders = [
  ...['enable', 'disable', 'status', 'userAdd', 'userGet', 'userList', 'userDelete', 'userChangePassword'],
  ...['userGrantRole', 'userGrantRole', 'userRevokeRole', 'roleAdd', 'roleGet', 'roleList', 'roleDelete'],
  ...['roleGrantPermission', 'roleGrantPermission', 'roleGrantPermission', 'roleRevokePermission', 'enable'],
] as readonly Order['method'][];

export function randomAuthCall(random: SeededRandom, head: number): AuthCall {
  const n = random.below(100);
  if (n < 6) {
    const user = random.pick(users);
    return { kind: 'login', user, password: user === 'root' ? 'root' : random.pick(passwords) };
  }
  const by = random.pick(['root', 'root', 'ann', 'ann', 'bob', '', 'wrong']);
  if (n < 50) return { kind: 'order', by, order: randomOrder(random) };
  return { kind: 'data', by, call: withMeantRights(randomCall(random, head)) };
}

/**
 * Leaves out two things for which etcd 3.5 has no rule of its own: it asks for no permission for what lies in a txn
 * within a txn, so that anybody may do it, where muster asks for all of it; and whether a range that ends before it
 * begins is permitted, with nothing in it, depends on the shape of its interval tree.
 */
function withMeantRights(call: RandomCall): RandomCall {
  switch (call.kind) {
    case 'range':
      return { ...call, range: forward(call.range) };
    case 'delete':
      return { ...call, remove: forward(call.remove) };
    case 'watch':
      return { ...call, watch: forward(call.watch) };
    case 'txn': {
      const { compare, success, failure } = call.txn;
      return {
        kind: 'txn',
        txn: { compare: compare.map(forward), success: flat(success), failure: flat(failure) },
      };
    }
    default:
      return call;
  }
}

function flat(ops: RandomTxn['success']): RandomTxn['success'] {
  return ops.flatMap((op): RandomTxn['success'] => {
    if (op.kind === 'range') return [{ ...op, range: forward(op.range) }];
    if (op.kind === 'delete') return [{ ...op, remove: forward(op.remove) }];
    return op.kind === 'put' ? [op] : [];
  });
}

function forward<T extends { readonly key: string; readonly rangeEnd: string }>(range: T): T {
  const isBackward = range.rangeEnd !== '' && range.rangeEnd !== '\0' && range.rangeEnd <= range.key;
  return isBackward ? { ...range, rangeEnd: '' } : range;
}

function randomOrder(random: SeededRandom): Order {
  const method = random.pick(orders);
  const user = random.pick(users);
  return {
    method: user === 'root' && method === 'userChangePassword' ? 'userGet' : method,
    user,
    role: random.pick(roles),
    password: user === 'root' ? 'root' : random.pick(passwords),
    key: random.pick(keys),
    rangeEnd: random.pick(ends),
    permType: random.pick([0, 1, 2] as const),
  };
}

export async function performAuth(side: AuthSide, call: AuthCall): Promise<unknown> {
  if (call.kind === 'login') return logIn(side, call.user, call.password);
  const token = call.by === 'wrong' ? 'wrong.1' : side.tokens.get(call.by);
  const metadata = token === undefined || call.by === '' ? {} : { token };
  if (call.kind === 'data') return perform(side.wire, call.call, side.base, metadata);
  const { method, user, role, password, key, rangeEnd, permType } = call.order;
  const range = { key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) };
  const name = method.startsWith('role') ? role : user;
  const request = { name, user, role, password, ...range, perm: { permType, ...range } };
  const answer = await ask<object, object>(side.wire, authSpecs[method], request, metadata);
  return normalise(sinceBase(answer, side.authBase), { base: side.base, prefix: '' });
}

function sinceBase(answer: object, base: bigint): object {
  return 'authRevision' in answer
    ? { ...answer, authRevision: BigInt(Number(answer.authRevision)) - base }
    : answer;
}

async function logIn({ wire, tokens, base }: AuthSide, user: string, password: string): Promise<unknown> {
  const answer = await ask(wire, authSpecs.authenticate, { name: user, password });
  if ('token' in answer) tokens.set(user, answer.token);
  return normalise(answer, { base, prefix: '' });
}

async function ask<Req, Res extends object>(
  wire: Wire,
  method: MethodOf<Req, Res>,
  request: Partial<Req>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Res | { readonly status: number; readonly text: string }> {
  const { status, text, messages } = await wire.unary(method.path, requestOf(method, request), metadata);
  const [first] = messages;
  return status !== 0 || first === undefined ? { status, text } : messageOf(method, first);
}

/** Ends whatever was: auth is off, root and the role `r` are there, the keys are gone. */
export async function openSide(wire: Wire): Promise<AuthSide> {
  const found = await ask(wire, authSpecs.authenticate, { name: 'root', password: 'root' });
  await ask(wire, authSpecs.disable, {}, 'token' in found ? { token: found.token } : {});
  const listed = await ask(wire, authSpecs.userList, {});
  for (const name of 'users' in listed ? listed.users : []) await ask(wire, authSpecs.userDelete, { name });
  const known = await ask(wire, authSpecs.roleList, {});
  for (const role of 'roles' in known ? known.roles : []) await ask(wire, authSpecs.roleDelete, { role });
  for (const name of ['root', 'r']) await ask(wire, authSpecs.roleAdd, { name });
  await ask(wire, authSpecs.userAdd, { name: 'root', password: 'root' });
  await ask(wire, authSpecs.userGrantRole, { user: 'root', role: 'root' });
  await ask(wire, authSpecs.userAdd, { name: 'ann', password: '1' });
  await ask(wire, authSpecs.userGrantRole, { user: 'ann', role: 'r' });
  const leases = await ask(wire, methods.leases, {});
  for (const { ID } of 'leases' in leases ? leases.leases : []) await ask(wire, methods.revokeLease, { ID });
  await ask(wire, methods.put, { key: Uint8Array.of(1) });
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  const emptied = await ask(wire, methods.deleteRange, all);
  const revision = 'header' in emptied ? (emptied.header?.revision ?? 0) : 0;
  await ask(wire, methods.compact, { revision });
  const status = await ask(wire, authSpecs.status, {});
  const authBase = 'authRevision' in status ? BigInt(status.authRevision) : 0n;
  return { wire, base: revision, authBase, tokens: new Map() };
}
