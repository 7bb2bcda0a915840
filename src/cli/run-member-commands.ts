// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../effects/index.js';
import type { EtcdClient, MemberRecord } from '../etcd/index.js';
import { type MusterError, memberId } from '../model/index.js';
import { type CommandInput, type ExitCode, type FlagValues, isSet, textFlag } from './command.js';
import { fail } from './errors.js';
import { checkIsNew, checkMemberName, parsePeerUrls, stopsWrites } from './members/check-new-member.js';
import { checkRemoval } from './members/check-removal.js';
import { byId, type ClusterView, callName, idText, readCluster, votersOf } from './members/cluster-view.js';
import { explainRefusal } from './members/explain-refusal.js';
import { findMember } from './members/find-member.js';
import { probeMembers } from './members/probe-members.js';
import { type MemberRow, renderSimple, renderV2, rowOf } from './members/render-list.js';
import { retryRefusals } from './members/retry-refusals.js';
import {
  renderCloudConfig,
  renderEnv,
  renderFlags,
  renderV2Lines,
  type StartSettings,
  settingsOf,
} from './members/start-settings.js';
import { openWaitingLine } from './members/waiting-line.js';
import { parseSeconds } from './parse-flags.js';
import { printJson, renderTable } from './print.js';
import { withStore } from './with-store.js';

export async function runMemberList({ flags }: CommandInput): Promise<ExitCode> {
  return withStore(flags, async (store, reach) => {
    const view = await readCluster(store, reach);
    if (view.leader === undefined) {
      process.stderr.write('warning: there is no leader now; this is what one member knows\n');
    }
    const rows = view.members.map((member) => rowOf(view, member));
    const [clusterId, leader] = [idText(view.clusterId), view.leader ?? memberId(0n)];
    const format = textFlag(flags, 'output');
    if (format === 'v2') process.stdout.write(renderV2(view));
    else if (format === 'simple') process.stdout.write(renderSimple(view));
    else if (format === 'json') printJson({ clusterId, leader: idText(leader), members: rows });
    else process.stdout.write(await renderTable(rows, columns));
    return 0;
  });
}

const columns = [
  { title: 'ID', text: ({ id }: MemberRow) => id },
  { title: 'NAME', text: ({ name }: MemberRow) => name },
  { title: 'STATUS', text: ({ status }: MemberRow) => status },
  { title: 'ROLE', text: ({ role }: MemberRow) => role },
  { title: 'PEER URLS', text: ({ peerUrls }: MemberRow) => peerUrls.join(',') },
  { title: 'CLIENT URLS', text: ({ clientUrls }: MemberRow) => clientUrls.join(',') },
];

export async function runMemberAdd({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const [name = '', ...words] = args;
  checkMemberName(name);
  const peerUrls = parsePeerUrls(words);
  const isLearner = isSet(flags, 'learner');
  return withStore(flags, async (store, reach) => {
    const view = await readCluster(store, reach);
    checkIsNew(view.members, { name, peerUrls });
    const isHalf = stopsWrites(view.members, isLearner);
    if (isHalf && !isSet(flags, 'yes')) throw fail('cli/stops-writes', { name });
    const change: Change<MemberRecord> = {
      attempt: `add member "${name}"`,
      timeoutMs: timeoutMs(flags, 10),
      run: () => store.memberAdd(peerUrls, { isLearner }),
      // One etcd takes a learner beside it; whoever refuses the first one takes none.
      isHopeless: ({ code }) =>
        code === 'etcd/too-many-learners' && view.members.every((one) => !one.isLearner),
    };
    const added = await perform(store, view, change, signal);
    if (isHalf) process.stderr.write(`warning: nothing can be written until ${name} runs\n`);
    // What the cluster has now, also if somebody else added another at the same time.
    const after = isHalf ? undefined : await store.memberList().catch(() => undefined);
    const settings = settingsOf(byId(after ?? [...view.members, added]), added.id, name);
    printAdded(flags, { view, added, settings });
    return 0;
  });
}

interface Added {
  readonly view: ClusterView;
  readonly added: MemberRecord;
  readonly settings: StartSettings;
}

const formats: Readonly<Record<string, (settings: StartSettings) => string>> = {
  env: renderEnv,
  'cloud-config': renderCloudConfig,
  flags: renderFlags,
};

function printAdded(flags: FlagValues, { view, added, settings }: Added): void {
  const id = idText(added.id);
  const said = `Added member named ${settings.name} with ID ${id} to cluster\n`;
  const hint = added.isLearner
    ? `it has no vote yet: once it runs, \`muster member promote ${settings.name}\`\n`
    : '';
  const render = formats[textFlag(flags, 'format') ?? ''];
  if (textFlag(flags, 'output') === 'json') {
    const { name, peerUrls, initialCluster } = settings;
    const cloudConfig = renderCloudConfig(settings);
    const start = { initialCluster, initialClusterState: 'existing', cloudConfig };
    printJson({
      clusterId: idText(view.clusterId),
      id,
      name,
      peerUrls,
      isLearner: added.isLearner,
      ...start,
    });
  } else if (render !== undefined) {
    process.stdout.write(render(settings));
    process.stderr.write(said + hint);
  } else {
    const cloudConfig = renderCloudConfig(settings);
    process.stdout.write(`${said}\n${renderV2Lines(settings)}\n${cloudConfig}`);
    process.stderr.write(hint);
  }
}

export async function runMemberRemove({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  return withStore(flags, async (store, reach) => {
    const view = await readCluster(store, reach);
    const leaving = findMember(view.members, args[0] ?? '');
    if (!isSet(flags, 'force')) {
      const voters = votersOf(view.members);
      const faults = leaving.isLearner ? new Map() : await probeMembers(view, voters);
      checkRemoval(view.members, faults, leaving);
    }
    const attempt = `remove member "${callName(leaving)}"`;
    const run = () => store.memberRemove(leaving.id);
    await perform(store, view, { attempt, timeoutMs: timeoutMs(flags, 10), run }, signal);
    process.stdout.write(`Removed member ${idText(leaving.id)} from cluster\n`);
    return 0;
  });
}

export async function runMemberPromote({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  return withStore(flags, async (store, reach) => {
    const view = await readCluster(store, reach);
    const learner = findMember(view.members, args[0] ?? '');
    const attempt = `promote member "${callName(learner)}"`;
    const run = () => store.memberPromote(learner.id);
    await perform(store, view, { attempt, timeoutMs: timeoutMs(flags, 30), run, learner }, signal);
    process.stdout.write(`Member ${idText(learner.id)} promoted in cluster ${idText(view.clusterId)}\n`);
    return 0;
  });
}

export async function runMemberUpdate({ args, flags }: CommandInput): Promise<ExitCode> {
  const [text = '', ...words] = args;
  const peerUrls = parsePeerUrls(words);
  return withStore(flags, async (store, reach) => {
    const { members } = await readCluster(store, reach);
    const moving = findMember(members, text);
    // The list would call it a voter, while raft gives it no vote (etcd-io/etcd issue 21694).
    if (moving.isLearner) throw fail('cli/learner-moves', { member: callName(moving) });
    const others = members.filter(({ id }) => id !== moving.id);
    checkIsNew(others, { peerUrls });
    await store.memberUpdate(moving.id, peerUrls);
    process.stdout.write(`Updated member with ID ${idText(moving.id)} in cluster\n`);
    return 0;
  });
}

interface Change<T> {
  readonly attempt: string;
  readonly timeoutMs: number;
  readonly run: () => Promise<T>;
  readonly isHopeless?: (error: MusterError) => boolean;
  readonly learner?: MemberRecord;
}

/** @throws `cli/member-refused`, which names the members that stand in the way; `cli/takes-no-other` */
async function perform<T>(
  store: EtcdClient,
  view: ClusterView,
  change: Change<T>,
  signal: AbortSignal,
): Promise<T> {
  const { attempt, timeoutMs, run, isHopeless = () => false, learner } = change;
  const waiting = openWaitingLine(attempt);
  const onRefused = (error: MusterError, leftMs: number) => waiting.show(error.message, leftMs);
  try {
    const tried = await retryRefusals(
      { clock: realClock, onRefused },
      run,
      { timeoutMs, isHopeless },
      signal,
    );
    if (tried.kind === 'done') return tried.value;
    waiting.end();
    if (isHopeless(tried.error)) throw fail('cli/takes-no-other', { attempt }, tried.error);
    const members = await store.memberList().catch(() => view.members);
    const faults = await probeMembers(view, members);
    throw explainRefusal(tried.error, {
      attempt,
      members,
      faults,
      ...(learner === undefined ? {} : { learner: members.find(({ id }) => id === learner.id) ?? learner }),
    });
  } finally {
    waiting.end();
  }
}

function timeoutMs(flags: FlagValues, otherwise: number): number {
  return 1_000 * parseSeconds('--timeout', textFlag(flags, 'timeout') ?? String(otherwise));
}
