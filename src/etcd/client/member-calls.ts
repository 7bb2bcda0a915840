// SPDX-License-Identifier: Apache-2.0

import { type MemberId, memberId } from '../../model/index.js';
import type { Member } from '../gen/etcdserverpb/cluster.js';
import { type AlarmMember, AlarmRequest_AlarmAction, AlarmType } from '../gen/etcdserverpb/maintenance.js';
import type { MemberRecord, MemberStatus } from '../identity.js';
import type { Alarm } from '../member.js';
import { methods } from '../methods.js';
import { memberSpecs } from '../methods-member.js';
import { decodeHeader } from '../wire/key-value.js';
import type { CallMethod } from './call-method.js';

/**
 * The care of a cluster's members. Whatever changes the list needs a quorum and is refused while members are down:
 * `etcd/unhealthy`, `etcd/member-not-enough-started`, `etcd/learner-not-ready` and `etcd/too-many-learners` are no
 * last words.
 */
export interface MemberCalls {
  /** Of the member that answers. */
  status(): Promise<MemberStatus>;
  /** As a quorum has it, from etcd 3.5 on; 3.4 answers from what the one member knows. */
  memberList(): Promise<readonly MemberRecord[]>;
  /** Returns the new member, which has an ID and no name yet. */
  memberAdd(peerUrls: readonly string[], options: { readonly isLearner: boolean }): Promise<MemberRecord>;
  memberRemove(id: MemberId): Promise<void>;
  memberUpdate(id: MemberId, peerUrls: readonly string[]): Promise<void>;
  memberPromote(id: MemberId): Promise<void>;
  alarms(): Promise<readonly Alarm[]>;
  /** With `corrupt` raised every member refuses all writes; with `no-space` those that need space. */
  raiseAlarm(alarm: Alarm): Promise<void>;
  /** Nothing happens when it is not raised. */
  lowerAlarm(alarm: Alarm): Promise<void>;
  /** Must be asked of the leader. */
  moveLeader(to: MemberId): Promise<void>;
}

export function memberCalls(call: CallMethod): MemberCalls {
  return {
    async status() {
      const wire = await call(methods.status, {});
      return {
        clusterId: wire.header?.clusterId ?? 0n,
        memberId: memberId(wire.header?.memberId ?? 0n),
        revision: decodeHeader(wire.header),
        version: wire.version,
        dbSizeBytes: wire.dbSize,
        leader: memberId(wire.leader),
        raftTerm: wire.raftTerm,
        raftIndex: wire.raftIndex,
        isLearner: wire.isLearner,
        errors: wire.errors,
      };
    },
    memberList: async () => (await call(methods.memberList, { linearizable: true })).members.map(recordOf),
    async memberAdd(peerURLs, { isLearner }) {
      const { member } = await call(memberSpecs.memberAdd, { peerURLs, isLearner });
      return recordOf(member ?? { ID: 0n, name: '', peerURLs, clientURLs: [], isLearner });
    },
    memberRemove: async (ID) => void (await call(memberSpecs.memberRemove, { ID })),
    memberUpdate: async (ID, peerURLs) => void (await call(memberSpecs.memberUpdate, { ID, peerURLs })),
    memberPromote: async (ID) => void (await call(memberSpecs.memberPromote, { ID })),
    alarms: async () => (await setAlarm(call, 'GET', undefined)).flatMap(alarmOf),
    raiseAlarm: async (alarm) => void (await setAlarm(call, 'ACTIVATE', alarm)),
    lowerAlarm: async (alarm) => void (await setAlarm(call, 'DEACTIVATE', alarm)),
    moveLeader: async (targetID) => void (await call(memberSpecs.moveLeader, { targetID })),
  };
}

async function setAlarm(
  call: CallMethod,
  action: 'GET' | 'ACTIVATE' | 'DEACTIVATE',
  alarm: Alarm | undefined,
) {
  const { alarms } = await call(memberSpecs.alarm, {
    action: AlarmRequest_AlarmAction[action],
    memberID: alarm?.memberId ?? 0n,
    alarm: alarm === undefined ? AlarmType.NONE : wireKinds[alarm.kind],
  });
  return alarms;
}

const wireKinds = { 'no-space': AlarmType.NOSPACE, corrupt: AlarmType.CORRUPT } as const;

function alarmOf({ memberID, alarm }: AlarmMember): readonly Alarm[] {
  if (alarm === AlarmType.NOSPACE) return [{ memberId: memberId(memberID), kind: 'no-space' }];
  return alarm === AlarmType.CORRUPT ? [{ memberId: memberId(memberID), kind: 'corrupt' }] : [];
}

function recordOf(member: Member): MemberRecord {
  return {
    id: memberId(member.ID),
    name: member.name,
    peerUrls: member.peerURLs,
    clientUrls: member.clientURLs,
    isLearner: member.isLearner,
  };
}
