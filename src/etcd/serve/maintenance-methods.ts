// SPDX-License-Identifier: Apache-2.0

import { memberId } from '../../model/index.js';
import { fail } from '../errors.js';
import {
  AlarmRequest_AlarmAction as Action,
  type AlarmMember,
  type AlarmRequest,
  AlarmType,
} from '../gen/etcdserverpb/maintenance.js';
import type { Method } from '../grpc/method.js';
import type { Alarm, AlarmKind, Maintenance } from '../member.js';
import { methods } from '../methods.js';
import { memberSpecs } from '../methods-member.js';
import { answerDowngrade } from './downgrade.js';
import { streaming, unary } from './handlers.js';
import { currentRevision, headerOf, raftTerm } from './header.js';
import { adminNeeds } from './needs.js';
import type { ServedParts } from './parts.js';
import { snapshotMessages } from './snapshot-messages.js';

/** Service etcdserverpb.Maintenance; without a `Maintenance` only what the store's identity can tell. */
export function maintenanceMethods(parts: ServedParts, maintenance: Maintenance | undefined): Method[] {
  const { kv, identity, guard } = parts;
  const header = async () => headerOf(identity, await currentRevision(kv));
  const known = [
    unary(methods.status, async () => statusOf(parts, maintenance)),
    unary(memberSpecs.moveLeader, async ({ targetID }) => {
      if (targetID !== identity.memberId) throw fail('etcd/bad-transferee');
      // etcd sends no header here.
      return { header: undefined };
    }),
    unary(memberSpecs.downgrade, async (request, call) => {
      guard.check(call, []);
      return { header: await header(), version: answerDowngrade(request, identity.version) };
    }),
  ];
  return maintenance === undefined ? known : [...known, ...careMethods(parts, maintenance)];
}

function careMethods({ kv, identity, guard }: ServedParts, maintenance: Maintenance): Method[] {
  const header = async () => headerOf(identity, await currentRevision(kv));
  return [
    unary(memberSpecs.alarm, async (request, call) => {
      guard.check(call, []);
      const alarms = await answerAlarm(maintenance, request);
      return { header: await header(), alarms };
    }),
    unary(memberSpecs.defragment, async (_, call) => {
      guard.check(call, adminNeeds);
      await maintenance.defragment();
      // etcd sends no header here.
      return { header: undefined };
    }),
    unary(memberSpecs.hash, async (_, call) => {
      guard.check(call, adminNeeds);
      const hash = await maintenance.hash();
      return { header: await header(), hash };
    }),
    unary(memberSpecs.hashKv, async (request, call) => {
      guard.check(call, adminNeeds);
      const { hash, compactRevision, revision } = await maintenance.hashKv(request.revision);
      return { header: await header(), hash, compactRevision, hashRevision: revision };
    }),
    streaming(memberSpecs.snapshot, (requests, call) => {
      guard.check(call, adminNeeds);
      return snapshotMessages(maintenance, requests, call);
    }),
  ];
}

async function statusOf({ kv, identity }: ServedParts, maintenance: Maintenance | undefined) {
  const revision = await currentRevision(kv);
  const own = await maintenance?.status();
  const alarms = (await maintenance?.alarms()) ?? [];
  const dbSize = own?.sizeBytes ?? identity.dbSizeBytes();
  // Without a raft log the revision is what counts up with each write.
  const index = own?.appliedIndex ?? BigInt(revision);
  return {
    header: headerOf(identity, revision),
    version: identity.version,
    dbSize,
    dbSizeInUse: own?.inUseBytes ?? dbSize,
    leader: identity.memberId,
    raftIndex: index,
    raftAppliedIndex: index,
    raftTerm,
    errors: [...alarms.map((alarm) => renderAlarm(alarm)), ...(own?.errors ?? [])],
    isLearner: false,
  };
}

const alarmTypes = { 'no-space': AlarmType.NOSPACE, corrupt: AlarmType.CORRUPT } as const;

async function answerAlarm(maintenance: Maintenance, request: AlarmRequest): Promise<AlarmMember[]> {
  const kind = kindOf(request.alarm);
  if (request.action === Action.GET) {
    const raised = await maintenance.alarms();
    return raised.filter((alarm) => kind === undefined || alarm.kind === kind).map(encodeAlarm);
  }
  if (kind === undefined) return [];
  const alarm = { memberId: memberId(request.memberID), kind };
  if (request.action === Action.DEACTIVATE) {
    return (await maintenance.deactivateAlarm(alarm)) ? [encodeAlarm(alarm)] : [];
  }
  await maintenance.activateAlarm(alarm);
  return [encodeAlarm(alarm)];
}

function kindOf(type: AlarmType): AlarmKind | undefined {
  if (type === AlarmType.NOSPACE) return 'no-space';
  return type === AlarmType.CORRUPT ? 'corrupt' : undefined;
}

function encodeAlarm(alarm: Alarm): AlarmMember {
  return { memberID: alarm.memberId, alarm: alarmTypes[alarm.kind] };
}

/** As Go prints the message: zero fields left out, a space behind each. */
function renderAlarm(alarm: Alarm): string {
  const member = alarm.memberId === 0n ? '' : `memberID:${alarm.memberId} `;
  return `${member}alarm:${alarm.kind === 'no-space' ? 'NOSPACE' : 'CORRUPT'} `;
}
