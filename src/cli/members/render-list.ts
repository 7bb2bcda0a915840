// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import { type ClusterView, idText } from './cluster-view.js';

/** One member for tables and programs. */
export interface MemberRow {
  readonly id: string;
  readonly name: string;
  /** As etcdctl says it: whether it was started once, not whether it runs. */
  readonly status: 'started' | 'unstarted';
  readonly role: 'leader' | 'voter' | 'learner';
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

export function rowOf({ leader }: ClusterView, member: MemberRecord): MemberRow {
  const { id, name, peerUrls, clientUrls, isLearner } = member;
  const status = name === '' ? 'unstarted' : 'started';
  const role = isLearner ? 'learner' : id === leader ? 'leader' : 'voter';
  return { id: idText(id), name, status, role, peerUrls, clientUrls };
}

/**
 * The lines of `ETCDCTL_API=2 etcdctl member list`, which knows no learners.
 * Source: etcd-io/etcd 3.4, etcdctl/ctlv2/command/member_commands.go
 */
export function renderV2(view: ClusterView): string {
  return lines(view, ({ id, name, peerUrls, clientUrls }) =>
    name === ''
      ? `${idText(id)}[unstarted]: peerURLs=${peerUrls.join(',')}`
      : `${idText(id)}: name=${name} peerURLs=${peerUrls.join(',')} clientURLs=${clientUrls.join(',')} isLeader=${id === view.leader}`,
  );
}

/** The lines of `etcdctl member list`. Source: etcd-io/etcd 3.5, etcdctl/ctlv3/command/printer.go */
export function renderSimple(view: ClusterView): string {
  return lines(view, ({ id, name, peerUrls, clientUrls, isLearner }) =>
    [
      idText(id),
      name === '' ? 'unstarted' : 'started',
      name,
      peerUrls.join(','),
      clientUrls.join(','),
      isLearner,
    ].join(', '),
  );
}

function lines({ members }: ClusterView, line: (member: MemberRecord) => string): string {
  return members.map((member) => `${line(member)}\n`).join('');
}
