// SPDX-License-Identifier: Apache-2.0

import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { realClock } from '../../effects/index.js';
import type { ClusterSnapshot } from '../../registry/index.js';
import { readAppliedPlan } from '../applied-plan.js';
import { type ClusterFolder, findClusterFolder } from '../cluster-folder.js';
import type { ClusterPlan } from '../cluster-plan.js';
import { type CommandInput, type ExitCode, type FlagValues, isSet, textFlag } from '../command.js';
import { getControl } from '../control-record.js';
import { fail } from '../errors.js';
import { parseSeconds } from '../parse-flags.js';
import { printJson } from '../print.js';
import { reachUrl } from '../reach.js';
import { openSession, type Session } from '../session.js';
import { findQuorum, findSurvivors, readMachines, reportsOf } from './ask-members.js';
import { followRecovery } from './follow-recovery.js';
import { openSource, type RecoverySource } from './open-source.js';
import { findLiveVoters, findObstacle, type LiveVoter } from './plan-recovery.js';

/** The folder of backups where the cluster file names none. */
const defaultBackupFolder = 'backups';

/** Gives up the cluster that has lost its quorum, and makes one of the best that is left. */
export async function runRecover({ flags, signal }: CommandInput): Promise<ExitCode> {
  const seconds = parseSeconds('--timeout', textFlag(flags, 'timeout') ?? '120');
  const cluster = findClusterFolder(flags);
  const session = openSession(await getControl(cluster));
  try {
    const plan = await readAppliedPlan(cluster, session);
    const insisted = textFlag(flags, 'insist');
    if (insisted !== undefined && insisted !== plan.spec.name) {
      const problem = `--insist "${insisted}" is not the name of this cluster`;
      throw fail('cli/usage', { problem, hint: `its name is "${plan.spec.name}"` });
    }
    const before = await session.registry.snapshot();
    await refuseNeedless(before, plan, textFlag(flags, 'from') !== undefined);
    const reports = reportsOf(before, plan);
    const survivors = await findSurvivors(before, reports);
    const machines = await readMachines(session, before, plan, survivors, realClock.now());
    const alive = findLiveVoters(before.store, machines);
    if (alive.length > 0 && insisted === undefined) await insistByHand(plan.spec.name, alive);
    const holders = machines.filter(
      ({ report }) => report?.disk.kind === 'data' && report.disk.clusterId === before.store?.clusterId,
    );
    const source = await openSource({
      file: textFlag(flags, 'from'),
      survivors,
      holders: holders.map(({ name }) => name),
      backupFolders: backupFolders(cluster, plan),
      folder: join(cluster.state, 'snapshots'),
      now: realClock.now(),
    });
    return await recover({ flags, session, plan, before, source, alive, seconds }, signal);
  } finally {
    await session.close();
  }
}

interface Recovery {
  readonly flags: FlagValues;
  readonly session: Session;
  readonly plan: ClusterPlan;
  readonly before: ClusterSnapshot;
  readonly source: RecoverySource;
  readonly alive: readonly LiveVoter[];
  readonly seconds: number;
}

async function recover(recovery: Recovery, signal: AbortSignal): Promise<ExitCode> {
  const { flags, session, plan, before, source, alive, seconds } = recovery;
  const { path, sha256, revision } = source.snapshot;
  const asked = { isDone: false };
  try {
    for (const line of describe(source, realClock.now())) process.stderr.write(`${line}\n`);
    if (!isSet(flags, 'yes')) await confirm(plan.spec.name, signal);
    signal.throwIfAborted();
    // It may have come back while somebody was thinking.
    await refuseNeedless(await session.registry.snapshot(), plan, source.kind === 'file');
    const ignored = alive.map(({ name }) => name).join(', ');
    const insisted = ignored === '' ? '' : `; insisted although ${ignored} may be alive`;
    const request = {
      kind: 'restore',
      at: realClock.now(),
      reason: `from ${source.from}${insisted}`,
    } as const;
    asked.isDone = true;
    await session.registry.store.ask({ ...request, snapshot: { path, sha256, revision } });
  } finally {
    // A recovery that is under way may be of the same file.
    if (!asked.isDone && before.store?.restore?.path !== path) await source.discard();
  }
  const old = before.store?.token ?? '';
  const outcome = await followRecovery(session.registry, old, seconds, signal);
  // Every member has it; a survivor's stays as a backup.
  if (source.kind !== 'survivor') await source.discard();
  const { clusterId, state } = outcome;
  if (textFlag(flags, 'output') === 'json') {
    const { kind, from, at } = source;
    const taken = at === undefined ? '' : new Date(at).toISOString();
    printJson({
      clusterId,
      state,
      was: before.store?.clusterId ?? '',
      source: { kind, from, at: taken, revision, sha256 },
      insistedOn: alive.map(({ name }) => name),
    });
  } else {
    process.stdout.write(
      `cluster "${plan.spec.name}" is whole again, under the new cluster ID ${clusterId}\n`,
    );
    process.stdout.write(`it goes on from revision ${revision}\n`);
  }
  return 0;
}

async function refuseNeedless(snapshot: ClusterSnapshot, plan: ClusterPlan, hasFile: boolean): Promise<void> {
  if (plan.store === undefined) {
    const why = 'this cluster runs no etcd of its own';
    const next = 'restore the embedded store with `muster store restore`';
    throw fail('cli/nothing-to-recover', { why, next });
  }
  const { store, storeView } = snapshot;
  const obstacle = findObstacle(store, storeView, hasFile);
  if (obstacle !== undefined) throw fail('cli/nothing-to-recover', { ...obstacle });
  if (store === undefined || store.clusterId === '') return;
  // What is written down may be of a moment ago.
  const told = [...reportsOf(snapshot, plan).values()].flatMap(({ clientUrls }) => clientUrls);
  const listed = store.members.flatMap(({ clientUrls }) =>
    clientUrls.map((url) => reachUrl(plan.reach, url)),
  );
  const answering = await findQuorum([...told, ...listed, ...plan.storeUrls], store.clusterId);
  if (answering === undefined) return;
  const why = `a quorum of the store answers at ${answering}`;
  const next = 'muster mends the rest by itself: `muster status`';
  throw fail('cli/nothing-to-recover', { why, next });
}

function backupFolders({ folder, state }: ClusterFolder, { spec }: ClusterPlan): readonly string[] {
  return [resolve(folder, spec.backup?.dir ?? defaultBackupFolder), join(state, 'snapshots')];
}

function describe(source: RecoverySource, now: number): readonly string[] {
  const { from, at, snapshot, warnings, kind } = source;
  const age =
    at === undefined ? 'of unknown age' : kind === 'survivor' ? 'of now' : `${ageText(now - at)} old`;
  const lost =
    kind === 'survivor'
      ? 'what the lost members acknowledged in their last moments and did not tell this one'
      : 'every write after it was taken';
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `source    ${from}: revision ${snapshot.revision}, ${age}, ${snapshot.sizeBytes} bytes, checked`,
    `may lack  ${lost}`,
    'the data that members still have is wiped; clients see a new cluster ID, and revisions go on from there',
  ];
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** @throws `cli/may-be-alive` */
async function insistByHand(name: string, alive: readonly LiveVoter[]): Promise<void> {
  const who = `an old voter may still be alive: ${alive.map((one) => `${one.name} (${one.why})`).join('; ')}`;
  const refusal = fail('cli/may-be-alive', { who, cluster: name });
  if (!process.stdin.isTTY) throw refusal;
  process.stderr.write(`${who}\n`);
  const answer = await ask(`If it never comes back, type "${name}" to go on all the same: `);
  if (answer !== name) throw refusal;
}

/** @throws `cli/recover-not-confirmed` */
async function confirm(name: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) throw fail('cli/recover-not-confirmed');
  const answer = await ask(`Give up the old cluster of "${name}"? Type its name to go on: `, signal);
  if (answer !== name) throw fail('cli/recover-not-confirmed');
}

async function ask(question: string, signal?: AbortSignal): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = signal === undefined ? prompt.question(question) : prompt.question(question, { signal });
    return (await answer).trim();
  } finally {
    prompt.close();
  }
}
