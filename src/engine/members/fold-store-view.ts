// SPDX-License-Identifier: Apache-2.0

import type { MemberReport } from '../../model/index.js';
import type { StoreMember, StoreMemberView, StoreRecord, StoreView } from '../../registry/index.js';
import type { MemberPlanInput } from './member-plan-input.js';

/** A cluster that chooses a leader is silent for a moment; that is no loss. */
export const graceMs = 5_000;

/**
 * How the store's cluster does, and why, in words for people. Pure. Returns the very view from before when nothing
 * changed, so that it is written only when something did.
 */
export function foldStoreView(input: MemberPlanInput, before: StoreView | undefined): StoreView {
  const members = foldMembers(input, before);
  const { state, reason } = stateOf(input, members);
  const leader = input.sight.kind === 'quorum' ? input.sight.leader : '';
  const since = before?.state === state ? before.since : input.now;
  const view: StoreView = { state, reason, since, leader, members };
  return before !== undefined && JSON.stringify(before) === JSON.stringify(view) ? before : view;
}

function stateOf(input: MemberPlanInput, members: StoreView['members']): Pick<StoreView, 'state' | 'reason'> {
  const { record, sight, now } = input;
  if (record === undefined) return { state: 'waiting', reason: waitingFor(input) };
  if (record.phase === 'sealed') return { state: 'sealed', reason: sealedReason(input) };
  if (record.phase === 'forming') return forming(input, record);
  if (sight.kind === 'silent') {
    if (now - sight.since < graceMs)
      return { state: 'healing', reason: 'the cluster does not answer at the moment' };
    return { state: 'no-quorum', reason: noQuorum(input, record) };
  }
  if (sight.alarms.length > 0) {
    return {
      state: 'healing',
      reason: `etcd raised an alarm, which is yours to see to: ${sight.alarms.join(', ')}`,
    };
  }
  const open = Object.entries(members).filter(([, { state }]) => state !== 'voter');
  if (open.length === 0) return { state: 'ok', reason: '' };
  const parts = open.map(
    ([name, { state, reason }]) => `${name} is ${reason === '' ? state : `${state}: ${reason}`}`,
  );
  return { state: 'healing', reason: parts.join('; ') };
}

function sealedReason({ sight }: MemberPlanInput): string {
  if (sight.kind === 'silent') return 'stopped; all of it was saved';
  return 'saved, not stopped: `muster down` goes on with it, `muster up` takes it back';
}

function forming(input: MemberPlanInput, record: StoreRecord): Pick<StoreView, 'state' | 'reason'> {
  const founders = Object.keys(record.places);
  if (founders.length === 0) return { state: 'forming', reason: waitingForOthers(input, record) };
  const forgot = founders.filter((name) => {
    const disk = input.reports.get(name)?.disk;
    return disk?.kind === 'empty' && disk.nonce !== record.places[name]?.nonce;
  });
  if (forgot.length >= founders.length / 2 && forgot.length < founders.length) {
    const rest = founders.filter((name) => !forgot.includes(name)).join(', ');
    const why = `${forgot.join(', ')} lost what they had before a quorum answered`;
    return { state: 'forming', reason: `${why}: it is begun anew once ${rest} is wiped too` };
  }
  if (forgot.length === founders.length && (record.discovery?.size ?? 0) > founders.length) {
    const why = 'its machines lost what they had, and others founded the cluster with them';
    return { state: 'forming', reason: `${why}: \`muster down --discard\`, then \`muster up\` begins anew` };
  }
  const silent = founders.filter((name) => input.reports.get(name)?.process.kind !== 'serving');
  const said = silent.map((name) => {
    const process = input.reports.get(name)?.process;
    return process?.kind === 'ended' ? `${name} (${process.words})` : name;
  });
  const reason =
    silent.length === 0 ? 'waiting for a quorum to answer' : `waiting for ${said.join(', ')} to serve`;
  return { state: 'forming', reason };
}

/** With free slots under its discovery token. */
function waitingForOthers(input: MemberPlanInput, { discovery }: StoreRecord): string {
  const missing = (discovery?.size ?? 0) - input.slots.length;
  if (discovery === undefined || missing <= 0) return waitingFor(input);
  return `waiting for ${missing} more to register: etcd --discovery ${discovery.url}`;
}

function waitingFor({ wanted, reports }: MemberPlanInput): string {
  const parts = wanted.flatMap(({ name }) => {
    const report = reports.get(name);
    if (report === undefined) return [`${name} to boot`];
    if (report.version === '') return [`etcd to be installed on ${name} (apt-get install etcd-server)`];
    return report.disk.kind === 'empty'
      ? []
      : [`${name}, whose disk is not empty, and nobody knows of its cluster`];
  });
  return parts.length === 0 ? 'about to be founded' : `waiting for ${parts.join('; ')}`;
}

/** Who would have to return, and whether that can be. */
function noQuorum({ reports, wanted, sight }: MemberPlanInput, record: StoreRecord): string {
  const voters = record.members.filter(({ isLearner }) => !isLearner);
  const quorum = Math.floor(voters.length / 2) + 1;
  const kept = voters.filter(({ id }) =>
    [...reports.values()].some(({ disk }) => disk.kind === 'data' && disk.memberId === id),
  );
  const wiped = new Set(
    wanted.filter(({ name }) => reports.get(name)?.disk.kind === 'empty').map(({ name }) => name),
  );
  const away = voters.filter((voter) => !kept.includes(voter) && !wiped.has(voter.name));
  const needed = quorum - kept.length;
  const have = `${kept.length} of ${voters.length} voters have their data, ${quorum} are needed`;
  const heard = sight.kind === 'silent' ? `; asked, they say: ${sight.reason}` : '';
  if (needed <= 0) return `${have}${heard}`;
  if (away.length < needed) return `${have}, and too many disks are empty: \`muster recover\` is the way`;
  const who = away.map(({ name }) => name).join(', ');
  return `${have}: ${needed} of ${who} must return with its disk`;
}

function foldMembers(input: MemberPlanInput, before: StoreView | undefined): StoreView['members'] {
  const list = input.sight.kind === 'quorum' ? input.sight.members : (input.record?.members ?? []);
  const hasQuorum = input.sight.kind === 'quorum';
  return Object.fromEntries(
    input.wanted.map(({ name }) => {
      const report = input.reports.get(name);
      const entry = entryOf(list, name, report);
      const now = { id: entry?.id ?? '', ...stateOfMember(input, name, entry, report, hasQuorum) };
      const was = before?.members[name];
      return [name, { ...now, since: was?.state === now.state ? was.since : input.now }];
    }),
  );
}

function entryOf(list: readonly StoreMember[], name: string, report: MemberReport | undefined) {
  const id = report?.disk.kind === 'data' ? report.disk.memberId : undefined;
  return (
    list.find((member) => member.id === id) ??
    list.find((member) => member.name === name) ??
    list.find((member) => member.peerUrls.some((url) => report?.peerUrls.includes(url)))
  );
}

function stateOfMember(
  { record, orders }: MemberPlanInput,
  name: string,
  entry: StoreMember | undefined,
  report: MemberReport | undefined,
  hasQuorum: boolean,
): Pick<StoreMemberView, 'state' | 'reason'> {
  if (report === undefined) return { state: 'lost', reason: 'its machine is not there' };
  if (report.version === '') return { state: 'failed', reason: 'etcd is not installed on it' };
  const order = orders.get(name);
  if (order?.order.kind === 'wipe' && order.revision > report.order) {
    return { state: 'wiping', reason: order.order.reason };
  }
  if (report.disk.kind === 'unreadable') {
    const reason = `its disk cannot be read: ${report.disk.reason}; \`muster reboot ${name}\` gives it up`;
    return { state: 'failed', reason };
  }
  if (report.process.kind === 'ended') return { state: 'failed', reason: report.process.words };
  if (report.disk.kind === 'empty') {
    if (report.process.kind === 'starting') return { state: 'starting', reason: '' };
    if (record === undefined || record.phase === 'forming') return { state: 'empty', reason: '' };
    return {
      state: 'empty',
      reason: hasQuorum ? 'it is given a new place' : 'only a quorum can give it a place',
    };
  }
  if (report.process.kind === 'stopped') return { state: 'stopped', reason: '' };
  if (report.process.kind === 'starting') return { state: 'starting', reason: '' };
  if (entry === undefined) return { state: 'starting', reason: '' };
  return entry.isLearner ? { state: 'learner', reason: 'catching up' } : { state: 'voter', reason: '' };
}
