// SPDX-License-Identifier: Apache-2.0

import { realRandom } from '../../effects/index.js';
import { connect } from '../../etcd/index.js';
import { readAppliedPlan } from '../applied-plan.js';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { getControl } from '../control-record.js';
import { fail } from '../errors.js';
import { openExisting } from '../existing.js';
import { parseCount, parseSeconds } from '../parse-flags.js';
import { printJson } from '../print.js';
import { openSession } from '../session.js';
import { type DrillReport, foldDrill } from './drill-report.js';
import { type Episode, type EpisodeDeps, type FaultKind, faultKinds, runEpisode } from './episode.js';
import { startLoad } from './write-load.js';

const callTimeoutMs = 3_000;

/** Strikes the cluster on purpose, under load, and says how it took it. */
export async function runDrill({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const fault = faultOf(args[0] ?? '');
  const count = parseCount('--count', textFlag(flags, 'count') ?? '1');
  const width = parseCount('--machines', textFlag(flags, 'machines') ?? '1');
  const limitMs = parseSeconds('--timeout', textFlag(flags, 'timeout') ?? '60') * 1000;
  const cluster = findClusterFolder(flags);
  const existing = await openExisting(cluster);
  const session = openSession(await getControl(cluster));
  const closing: { close(): Promise<void> }[] = [session];
  try {
    const plan = await readAppliedPlan(cluster, existing, session);
    const { faults } = existing.host;
    if (faults === undefined || plan.store === undefined) throw fail('cli/cannot-drill');
    const names = plan.store.members.map(({ name }) => name);
    checkWidth(fault, width, names.length);
    const { storeView } = await session.registry.snapshot();
    if (storeView?.state !== 'ok') throw fail('cli/drill-not-whole', { why: storeView?.reason ?? 'unknown' });
    const clients = new Map(
      names.map((name, index) => [
        name,
        connect([plan.storeUrls[index] ?? ''], { timeoutMs: callTimeoutMs }),
      ]),
    );
    closing.push(...clients.values());
    const deps: EpisodeDeps = { registry: session.registry, faults, clients };
    const load = startLoad([...clients.values()]);
    const each: Episode[] = [];
    try {
      while (each.length < count && each.every(({ hasRecovered }) => hasRecovered)) {
        const episode = await runEpisode(deps, fault, choose(names, width), limitMs, signal);
        each.push(episode);
        process.stderr.write(`${lineOf(episode, each.length, count)}\n`);
      }
    } catch (error) {
      await load.finish().catch(() => {});
      throw error;
    }
    const report = foldDrill(each, await load.finish());
    if (textFlag(flags, 'output') === 'json') printJson(report);
    else process.stdout.write(renderReport(report));
    const isGood = report.recovered === count && report.lostWrites === 0 && report.wrongReads === 0;
    return isGood ? 0 : 1;
  } finally {
    for (const one of closing.reverse()) await one.close();
  }
}

function faultOf(text: string): FaultKind {
  const fault = faultKinds.find((kind) => kind === text);
  if (fault !== undefined) return fault;
  throw fail('cli/usage', {
    problem: `"${text}" is not a fault`,
    hint: `name one of ${faultKinds.join(', ')}`,
  });
}

/** More than a minority at once is no drill: nothing could bring back what was lost. */
function checkWidth(fault: FaultKind, width: number, members: number): void {
  const most = Math.floor((members - 1) / 2);
  if (width <= most || (fault !== 'wipe' && width <= members)) return;
  const problem = `--machines ${width}: a cluster of ${members} members can lose ${most} at once`;
  throw fail('cli/usage', { problem, hint: 'wipe fewer, or have more members' });
}

/** `width` of them, each choice as likely as any other. */
function choose(names: readonly string[], width: number): readonly string[] {
  const left = [...names];
  return Array.from({ length: width }, () => {
    const [chosen] = left.splice((realRandom.bytes(1)[0] ?? 0) % left.length, 1);
    return chosen ?? '';
  });
}

function lineOf(
  { fault, machines, hasRecovered, recoveryMs, reason }: Episode,
  at: number,
  of: number,
): string {
  const outcome = hasRecovered ? `whole again after ${recoveryMs} ms` : `not whole: ${reason}`;
  return `${at}/${of}  ${fault} ${machines.join(', ')}: ${outcome}`;
}

function renderReport(report: DrillReport): string {
  const { episodes, recovered, recoveryMs, acknowledgedWrites, lostWrites, reads, wrongReads } = report;
  return [
    `recovered  ${recovered} of ${episodes}, in ${recoveryMs.p50} ms (median), ${recoveryMs.p99} ms (99 %)`,
    `writes     ${acknowledgedWrites} acknowledged, ${lostWrites} lost`,
    `reads      ${reads}, ${wrongReads} wrong`,
    '',
  ].join('\n');
}
