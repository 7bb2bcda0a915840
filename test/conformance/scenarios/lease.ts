// SPDX-License-Identifier: Apache-2.0

import type { LeaseTimeToLiveResponse } from '../../../src/etcd/gen/etcdserverpb/lease.js';
import { methods } from '../../../src/etcd/methods.js';
import type { Session } from '../session.js';
import type { Scenario } from './index.js';

const { range, put, deleteRange, grantLease, revokeLease, keepAlive, timeToLive, leases } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

/** Notes all but the seconds that run while the test does. */
async function noteTime(session: Session, label: string, id: bigint): Promise<void> {
  const answer = await session.quiet(timeToLive, { ID: id, keys: true });
  session.note(label, answer === undefined ? 'an error' : timeNote(answer));
}

/** etcd lists the keys in any order. */
function timeNote(answer: LeaseTimeToLiveResponse) {
  const keys = answer.keys.map((one) => Buffer.from(one).toString('latin1')).toSorted();
  return { ...answer, TTL: leftOf(answer), keys };
}

function leftOf({ TTL, grantedTTL }: LeaseTimeToLiveResponse): string | number {
  if (TTL <= 0) return TTL;
  return TTL <= grantedTTL && TTL >= grantedTTL - 60 ? 'running' : TTL;
}

export const leaseScenarios: readonly Scenario[] = [
  {
    name: 'lease-life',
    async run(session) {
      const { key, call, end } = session;
      await call('grant', grantLease, { ID: 8001n, TTL: 900n });
      await call('grant again', grantLease, { ID: 8001n, TTL: 900n });
      await call('put', put, { key: key('b'), value: text('1'), lease: 8001n });
      await call('put another', put, { key: key('a'), value: text('2'), lease: 8001n });
      await noteTime(session, 'time with keys', 8001n);
      await call('key moves away', put, { key: key('b'), value: text('3') });
      await noteTime(session, 'time with the key left', 8001n);
      await call('key goes', deleteRange, { key: key('a') });
      await noteTime(session, 'time without keys', 8001n);
      await call('put once more', put, { key: key('a'), lease: 8001n });
      await call('revoke', revokeLease, { ID: 8001n });
      await call('after', range, { key: key(''), rangeEnd: end });
      await call('revoke again', revokeLease, { ID: 8001n });
      await call('put on it', put, { key: key('a'), lease: 8001n });
      await call('revoke without keys', grantLease, { ID: 8002n, TTL: 900n });
      await call('takes no revision', revokeLease, { ID: 8002n });
      await call('time of none', timeToLive, { ID: 8001n, keys: true });
      await call('id may be taken again', grantLease, { ID: 8001n, TTL: 901n });
      await call('the end', revokeLease, { ID: 8001n });
    },
  },
  {
    name: 'lease-grants',
    async run(session) {
      const { call, quiet, note } = session;
      const chosen = await quiet(grantLease, { TTL: 900n });
      note('the store chooses', {
        isPositive: (chosen?.ID ?? 0n) > 0n,
        TTL: chosen?.TTL,
        header: chosen?.header,
      });
      await quiet(revokeLease, { ID: chosen?.ID ?? 0n });
      await call('time 0', grantLease, { ID: 8101n });
      await call('time below 0', grantLease, { ID: 8102n, TTL: -1n });
      await call('short', grantLease, { ID: 8103n, TTL: 1n });
      await call('longest', grantLease, { ID: 8104n, TTL: 9_000_000_000n });
      await call('too long', grantLease, { ID: 8105n, TTL: 9_000_000_001n });
      await call('far too long', grantLease, { ID: 8106n, TTL: 2n ** 63n - 1n });
      await call('negative id', grantLease, { ID: -8107n, TTL: 900n });
      await call('largest id', grantLease, { ID: 2n ** 63n - 1n, TTL: 900n });
      for (const ID of [8101n, 8102n, 8103n, 8104n, 8105n, 8106n, -8107n, 2n ** 63n - 1n]) {
        await call(`revoke ${ID}`, revokeLease, { ID });
      }
      await call('revoke 0', revokeLease, {});
      await call('time of 0', timeToLive, {});
    },
  },
  {
    name: 'lease-list',
    async run({ call, quiet, note }) {
      for (const ID of [8203n, 8201n, 8202n]) await quiet(grantLease, { ID, TTL: 900n });
      const found = await quiet(leases, {});
      const ids = found?.leases.map(({ ID }) => ID).filter((id) => id > 8200n && id < 8210n);
      note('list', { header: found?.header, ids: ids?.toSorted() });
      for (const ID of [8203n, 8201n, 8202n]) await call(`revoke ${ID}`, revokeLease, { ID });
    },
  },
  {
    name: 'lease-keepalive',
    async run({ call, open, quiet }) {
      await quiet(grantLease, { ID: 8301n, TTL: 900n });
      await quiet(grantLease, { ID: 8302n, TTL: 901n });
      const stream = open(keepAlive);
      stream.send({ ID: 8301n });
      await stream.take('first', 1);
      stream.send({ ID: 8302n });
      stream.send({ ID: 8301n });
      await stream.take('two at once', 2);
      stream.send({ ID: 8399n });
      await stream.take('one that is not', 1);
      await call('revoke', revokeLease, { ID: 8301n });
      stream.send({ ID: 8301n });
      await stream.take('revoked', 1);
      stream.send({});
      await stream.take('id 0', 1);
      stream.end();
      await stream.rest('the end');
      await call('clean', revokeLease, { ID: 8302n });
    },
  },
  {
    name: 'lease-expiry',
    async run(session) {
      const { key, call, open, quiet, end, note } = session;
      await quiet(grantLease, { ID: 8401n, TTL: 1n });
      await quiet(put, { key: key('b'), lease: 8401n });
      await quiet(put, { key: key('a'), lease: 8401n });
      const stream = open(methods.watch);
      const create = { key: key(''), rangeEnd: end, startRevision: session.rev(1), prevKv: true };
      stream.send({ requestUnion: { $case: 'createRequest', value: { ...create, ...watchRest } } });
      await stream.take('created', 1);
      const events = [];
      while (events.length < 4) {
        const message = await stream.next();
        if (message === undefined) break;
        events.push(...message.events);
      }
      note('events', events);
      await call('after', range, { key: key(''), rangeEnd: end });
      await call('time', timeToLive, { ID: 8401n });
      await call('revoke', revokeLease, { ID: 8401n });
    },
  },
];

const watchRest = { progressNotify: false, filters: [], watchId: 0n, fragment: false } as const;
