// SPDX-License-Identifier: Apache-2.0

import { connect } from '../../etcd/index.js';
import { readAppliedPlan } from '../applied-plan.js';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, type FlagValues, textFlag } from '../command.js';
import { getControl } from '../control-record.js';
import { fail } from '../errors.js';
import { openExisting } from '../existing.js';
import { parseCount, parseSeconds } from '../parse-flags.js';
import { printJson } from '../print.js';
import { openSession } from '../session.js';
import { checkPlan, chooseBlow, type DrillPlan, faultKinds } from './choose-blow.js';
import { type DrillReport, foldDrill } from './drill-report.js';
import { type Episode, runEpisode } from './episode.js';
import { runCut } from './run-cut.js';
import { type EpisodeDeps, endFaults } from './strike.js';
import { startLoad } from './write-load.js';

const callTimeoutMs = 3_000;

/** Strikes the cluster on purpose, under load, and says how it took it. */
export async function runDrill(input: CommandInput): Promise<ExitCode> {
  const { args, flags, signal } = input;
  if (args[0] === 'cut' || args[0] === 'heal') return runCut(input);
  const count = parseCount('--count', textFlag(flags, 'count') ?? '1');
  const limitMs = parseSeconds('--timeout', textFlag(flags, 'timeout') ?? '60') * 1000;
  const plan = readPlan(args[0] ?? '', flags);
  const cluster = findClusterFolder(flags);
  const existing = await openExisting(cluster);
  const session = openSession(await getControl(cluster));
  const closing: { close(): Promise<void> }[] = [session];
  try {
    const { store, storeUrls } = await readAppliedPlan(cluster, session);
    const { faults } = existing.host;
    if (faults === undefined || store === undefined) throw fail('cli/cannot-drill');
    const names = store.members.map(({ name }) => name);
    checkPlan(plan, names, faults.links !== undefined);
    await endFaults(faults, names);
    const { storeView } = await session.registry.snapshot();
    if (storeView?.state !== 'ok') throw fail('cli/drill-not-whole', { why: storeView?.reason ?? 'unknown' });
    const clients = new Map(
      names.map((name, index) => [name, connect([storeUrls[index] ?? ''], { timeoutMs: callTimeoutMs })]),
    );
    closing.push(...clients.values());
    const report = await strikeAll(
      plan,
      { registry: session.registry, faults, clients },
      { count, limitMs },
      signal,
    );
    if (textFlag(flags, 'output') === 'json') printJson(report);
    else process.stdout.write(renderReport(report));
    const isGood = report.recovered === count && report.lostWrites === 0 && report.wrongReads === 0;
    return isGood ? 0 : 1;
  } finally {
    for (const one of closing.reverse()) await one.close();
  }
}

function readPlan(text: string, flags: FlagValues): DrillPlan {
  const fault = faultKinds.find((kind) => kind === text);
  if (fault === undefined) {
    const hint = `name one of ${[...faultKinds, 'cut', 'heal'].join(', ')}`;
    throw fail('cli/usage', { problem: `"${text}" is not a fault`, hint });
  }
  return {
    fault,
    width: parseCount('--machines', textFlag(flags, 'machines') ?? '1'),
    sides: textFlag(flags, 'sides'),
    holdMs: parseSeconds('--hold', textFlag(flags, 'hold') ?? '5') * 1000,
  };
}

/** One episode after another, until one does not recover. */
async function strikeAll(
  plan: DrillPlan,
  deps: EpisodeDeps,
  { count, limitMs }: { readonly count: number; readonly limitMs: number },
  signal: AbortSignal,
): Promise<DrillReport> {
  const load = startLoad([...deps.clients.values()]);
  const each: Episode[] = [];
  try {
    while (each.length < count && each.every(({ hasRecovered }) => hasRecovered)) {
      const episode = await runEpisode(deps, await chooseBlow(plan, deps, each.length), limitMs, signal);
      each.push(episode);
      process.stderr.write(`${lineOf(episode, each.length, count)}\n`);
    }
  } catch (error) {
    await load.finish().catch(() => {});
    throw error;
  }
  return foldDrill(each, await load.finish());
}

function lineOf(episode: Episode, at: number, of: number): string {
  const { fault, machines, sides, hasRecovered, recoveryMs, reason } = episode;
  const outcome = hasRecovered ? `whole again after ${recoveryMs} ms` : `not whole: ${reason}`;
  return `${at}/${of}  ${fault} ${sides || machines.join(', ')}: ${outcome}`;
}

function renderReport(report: DrillReport): string {
  const { episodes, recovered, recoveryMs, acknowledgedWrites, lostWrites, reads, wrongReads } = report;
  return [
    `fault      ${report.fault}`,
    `recovered  ${recovered} of ${episodes}, in ${recoveryMs.p50} ms (median), ${recoveryMs.p99} ms (99 %)`,
    `writes     ${acknowledgedWrites} acknowledged, ${lostWrites} lost`,
    `reads      ${reads}, ${wrongReads} wrong`,
    '',
  ].join('\n');
}
