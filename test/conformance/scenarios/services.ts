// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import { grpcSpecs } from '../../../src/etcd/methods-grpc.js';
import { memberSpecs } from '../../../src/etcd/methods-member.js';
import type { MethodOf } from '../message.js';
import type { Session } from '../session.js';
import type { Scenario } from './index.js';

const { status, compact, put, range, txn, keepAlive, grantLease, revokeLease, timeToLive } = methods;
const { alarm, downgrade, moveLeader, memberAdd, memberRemove, memberUpdate, memberPromote } = memberSpecs;
const { healthCheck, healthWatch, reflection, reflectionAlpha } = grpcSpecs;

const noMethod = { ...status, path: '/etcdserverpb.Maintenance/Nothing' };
const noService = { ...status, path: '/etcdserverpb.Nothing/Status' };

async function watchHealthOf({ open }: Session, service: string): Promise<void> {
  const stream = open(healthWatch);
  stream.send({ service });
  await stream.take(`watched "${service}"`, 1);
  stream.cancel();
}

/** Lists services; `undefined` when it is not served. */
async function noteReflection({ open, note }: Session, name: string, method: typeof reflection) {
  const stream = open(method);
  stream.send({ host: '', messageRequest: { $case: 'listServices', value: '' } });
  const answer = await stream.next();
  stream.cancel();
  const list =
    answer?.messageResponse?.$case === 'listServicesResponse' ? answer.messageResponse.value : undefined;
  note(name, list === undefined ? 'not served' : list.service.map((one) => one.name));
}

export const serviceScenarios: readonly Scenario[] = [
  {
    name: 'health',
    async run(session) {
      const { call } = session;
      await call('of the server', healthCheck, { service: '' });
      await call('of a service', healthCheck, { service: 'etcdserverpb.KV' });
      await call('of none', healthCheck, { service: 'nothing' });
      for (const service of ['', 'etcdserverpb.KV']) await watchHealthOf(session, service);
    },
  },
  {
    name: 'reflection',
    async run(session) {
      await noteReflection(session, 'v1', reflection);
      await noteReflection(session, 'v1alpha', reflectionAlpha);
    },
  },
  {
    name: 'no-such-method',
    async run({ call }) {
      const all: readonly (readonly [string, MethodOf<object, object>])[] = [
        ['method', noMethod],
        ['service', noService],
      ];
      for (const [label, method] of all) await call(label, method, {});
    },
  },
  {
    name: 'alarm-forms',
    async run({ call, quiet, note }) {
      const all = { memberID: 0n } as const;
      await call('lower no kind', alarm, { ...all, action: 2, alarm: 0 });
      await call('lower what is not up', alarm, { ...all, action: 2, alarm: 2 });
      try {
        await call('raise for a member', alarm, { memberID: 77n, action: 1, alarm: 1 });
        await call('raise for another', alarm, { memberID: 78n, action: 1, alarm: 2 });
        const listed = await quiet(alarm, { memberID: 78n });
        note('list, which looks at no member', listed?.alarms.map((one) => one.alarm).toSorted());
        await call('list one kind', alarm, { alarm: 1 });
        await call('list the other kind', alarm, { alarm: 2 });
        note('status', (await quiet(status, {}))?.errors.toSorted());
        await call('lower for the wrong member', alarm, { memberID: 78n, action: 2, alarm: 1 });
      } finally {
        await call('lower', alarm, { memberID: 77n, action: 2, alarm: 1 });
        await call('lower the other', alarm, { memberID: 78n, action: 2, alarm: 2 });
      }
      await call('nothing left', alarm, {});
    },
  },
  {
    name: 'alarm-corrupt',
    async run({ key, call, quiet }) {
      const corrupt = { memberID: 77n, alarm: 2 } as const;
      await quiet(put, { key: key('a') });
      await quiet(grantLease, { ID: 8801n, TTL: 900n });
      try {
        await quiet(alarm, { ...corrupt, action: 1 });
        await call('put', put, { key: key('a') });
        await call('read', range, { key: key('a') });
        await call('read without agreement', range, { key: key('a'), serializable: true });
        await call('txn', txn, {});
        await call('compact', compact, { revision: 1 });
        await call('grant', grantLease, { ID: 8802n, TTL: 900n });
        await call('time', timeToLive, { ID: 8801n });
        await call('revoke', revokeLease, { ID: 8801n });
        await call('keep', keepAlive, { ID: 8801n });
        await call('alarms', alarm, {});
      } finally {
        await quiet(alarm, { ...corrupt, action: 2 });
      }
      await quiet(revokeLease, { ID: 8801n });
      await quiet(revokeLease, { ID: 8802n });
      await call('put again', put, { key: key('a') });
    },
  },
  {
    name: 'downgrade',
    async run({ call }) {
      for (const version of [
        '',
        'x',
        '3',
        '3.5',
        '3.5.0',
        '3.4',
        '3.4.0',
        'v3.4.0',
        '3.3.0',
        '3.6.0',
        '4.4.0',
        '3.4.0-rc.1',
      ]) {
        await call(`check "${version}"`, downgrade, { action: 0, version });
      }
      await call('cancel', downgrade, { action: 2 });
      await call('do to what is no version', downgrade, { action: 1, version: 'x' });
      await call('do to what is too old', downgrade, { action: 1, version: '3.3.0' });
    },
  },
  {
    name: 'move-leader',
    async run({ call, quiet }) {
      const own = (await quiet(status, {}))?.header?.memberId ?? 0n;
      await call('to itself', moveLeader, { targetID: own });
      await call('to none', moveLeader, { targetID: 0n });
    },
  },
  {
    name: 'members',
    async run({ call, quiet, note }) {
      const listed = await quiet(methods.memberList, { linearizable: true });
      const [self] = listed?.members ?? [];
      const own = { ID: self?.ID ?? 0n, peerURLs: self?.peerURLs ?? [] };
      await call('add its own URL', memberAdd, { peerURLs: own.peerURLs });
      await call('add its own URL as a learner', memberAdd, { peerURLs: own.peerURLs, isLearner: true });
      for (const url of [
        '',
        'x',
        'http://',
        'http://127.0.0.1',
        'http://127.0.0.1:1/path',
        'ftp://127.0.0.1:1',
        ':1',
        'http://a b:1',
      ]) {
        await call(`add "${url}"`, memberAdd, { peerURLs: [url] });
      }
      await call('add nothing', memberAdd, {});
      await call('remove itself', memberRemove, { ID: own.ID });
      await call('promote itself', memberPromote, { ID: own.ID });
      const updates = { 'no URL': ['x'], nothing: [], several: ['http://127.0.0.1:9', 'http://127.0.0.1:8'] };
      for (const [label, peerURLs] of Object.entries(updates)) {
        const updated = await quiet(memberUpdate, { ID: own.ID, peerURLs });
        note(`update itself to ${label}`, { header: updated?.header, urls: updated?.members[0]?.peerURLs });
      }
      const back = await quiet(memberUpdate, own);
      note('update back', back?.members[0]?.peerURLs.join() === own.peerURLs.join());
      await call('remove id 0', memberRemove, {});
    },
  },
];
