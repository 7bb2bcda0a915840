// SPDX-License-Identifier: Apache-2.0

import type { MemberOrder, MemberProcess, MemberReport } from '../../model/index.js';
import type { StandingOrder, StoreMember, StoreRecord } from '../../registry/index.js';
import type { ClusterSight, MemberPlanInput } from './member-plan-input.js';
import type { MemberStep } from './member-step.js';

/** Where tables of plans begin: at this time, in milliseconds since 1970. */
export const now = 1_000_000;

const version = '3.5.16';
const urlsOf = (name: string) => [`http://${name}:2380`];
const clientUrlsOf = (name: string) => [`http://${name}:2379`];

/** What machine `name` says of itself; `a1` is the ID of the member of `m1`. */
export const report = {
  empty: (name: string, nonce: string, process: MemberProcess = { kind: 'stopped' }): MemberReport => ({
    ...report.data(name, '', process),
    disk: { kind: 'empty', nonce },
  }),
  data: (
    name: string,
    memberId: string,
    process: MemberProcess = { kind: 'serving' },
    clusterId = 'c1',
  ): MemberReport => ({
    disk: { kind: 'data', memberId, clusterId },
    process,
    version,
    peerUrls: urlsOf(name),
    clientUrls: clientUrlsOf(name),
    order: 0,
  }),
};

export function voter(name: string, id: string): StoreMember {
  return { id, name, peerUrls: urlsOf(name), clientUrls: clientUrlsOf(name), isLearner: false };
}

export function learner(name: string, id: string): StoreMember {
  return { ...voter(name, id), isLearner: true };
}

/** Added, and not started yet: it has no name. */
export function unstarted(name: string, id: string): StoreMember {
  return { ...learner(name, id), name: '', clientUrls: [] };
}

export function quorum(members: readonly StoreMember[], isSealed = false): ClusterSight {
  return { kind: 'quorum', clusterId: 'c1', members, leader: members[0]?.id ?? '', isSealed, alarms: [] };
}

export const silent: ClusterSight = { kind: 'silent', since: now - 60_000, reason: 'nobody answers' };

export function formed(
  members: readonly StoreMember[],
  places: StoreRecord['places'] = Object.fromEntries(
    members.map(({ name }) => [name, place(`old-${name}`, '')]),
  ),
): StoreRecord {
  return { phase: 'formed', token: 't1', clusterId: 'c1', members, places };
}

/** `failures`: tries that led to nothing; the last one was long ago. */
export function place(nonce: string, memberId: string, at = 0, failures = 0) {
  return { nonce, memberId, at, failures };
}

/** A cluster of `size` that is well, `m1` with member `a1` and so on, with what is other than that. */
export function planInput(size: number, part: Partial<MemberPlanInput> = {}): MemberPlanInput {
  const names = Array.from({ length: size }, (_, index) => `m${index + 1}`);
  const members = names.map((name) => voter(name, `a${name.slice(1)}`));
  const reports = names.map((name): [string, MemberReport] => [name, report.data(name, `a${name.slice(1)}`)]);
  const resumed = names.map((name): [string, StandingOrder] => [
    name,
    standing({ kind: 'resume', memberId: `a${name.slice(1)}`, name }),
  ]);
  return {
    now,
    bootstrap: 'static',
    size,
    slots: [],
    wanted: names.map((name) => ({ name, peerUrls: urlsOf(name) })),
    record: formed(members),
    request: undefined,
    orders: new Map(resumed),
    reports: new Map(reports),
    sight: quorum(members),
    awaySince: new Map(),
    replaceAfterMs: undefined,
    isStopping: false,
    newToken: () => 'new-token',
    ...part,
  };
}

export function standing(order: MemberOrder, revision = 1): StandingOrder {
  return { order, revision };
}

/** A few machines say something else. */
export function withReports(
  input: MemberPlanInput,
  changes: Readonly<Record<string, MemberReport | undefined>>,
): MemberPlanInput {
  const reports = new Map(input.reports);
  for (const [name, change] of Object.entries(changes)) {
    if (change === undefined) reports.delete(name);
    else reports.set(name, change);
  }
  return { ...input, reports };
}

/** The steps of a plan in short, as tables have them. */
export function inShort(steps: readonly MemberStep[]): readonly string[] {
  return steps.map((step) => {
    switch (step.kind) {
      case 'write': {
        const orders = [...step.orders].map(([name, order]) => `${name} ${shortOrder(order)}`);
        return [step.event, ...orders].join(', ');
      }
      case 'add':
        return `add ${step.machine} for ${step.nonce}`;
      case 'reserve':
        return `reserve ${step.members.map(({ name }) => name).join('+')} of ${step.size} under ${step.token}`;
      case 'remove':
      case 'promote':
        return `${step.kind} ${step.memberId} of ${step.machine}`;
      case 'update':
        return `update ${step.memberId} to ${step.peerUrls.join(' ')}`;
      case 'seal':
      case 'unseal':
        return step.kind;
      default:
        return step satisfies never;
    }
  });
}

function shortOrder(order: MemberOrder): string {
  switch (order.kind) {
    case 'start':
      return `start ${order.state} on ${order.nonce} with ${order.initialCluster.map(({ name }) => name).join('+')}`;
    case 'restore':
      return `restore on ${order.nonce} with ${order.initialCluster.map(({ name }) => name).join('+')}`;
    case 'resume':
    case 'wipe':
      return `${order.kind} ${order.memberId}`;
    case 'hold':
      return order.kind;
    default:
      return order satisfies never;
  }
}
