// SPDX-License-Identifier: Apache-2.0

import { resolve } from 'node:path';
import {
  type ActionDeps,
  openSystemdUnits,
  performActions,
  planApply,
  planNode,
  readFacts,
  renderAction,
  type Step,
} from '../../agent/index.js';
import type { Action } from '../../cloudconfig/index.js';
import { realExec, realFiles, realHttpGet, silentLog } from '../../effects/index.js';
import { type CommandInput, type ExitCode, type FlagValues, isSet, textFlag } from '../command.js';
import { fail } from '../errors.js';
import { gunzip } from '../gunzip.js';
import { printJson } from '../print.js';
import { readUserDataSource } from './user-data-source.js';

interface ShownStep {
  /** In words. */
  readonly action: string;
  readonly why: string;
  /** The place in the configuration. */
  readonly from: string;
  readonly outcome: 'planned' | 'done' | 'failed' | 'not done';
  readonly message?: string;
}

export async function runConfigApply({ args: [file], flags, signal }: CommandInput): Promise<ExitCode> {
  const root = rootOf(flags);
  const body = await readUserDataSource(file, flags, signal);
  if (body === undefined) return 130;
  const isRunning = root === '/' && (await realFiles.stat('/run/systemd/system')) !== undefined;
  const { actions, left } = await planActionsFor(root, body, isRunning);
  const deps: ActionDeps = {
    exec: realExec,
    files: realFiles,
    httpGet: realHttpGet,
    log: silentLog,
    supervisor: openSystemdUnits({ exec: realExec, files: realFiles }, root),
    isSuperuser: process.getuid?.() === 0,
  };
  const steps = await planApply(deps, root, actions);
  const isJson = textFlag(flags, 'output') === 'json';
  const show = (step: ShownStep) => {
    if (!isJson) process.stdout.write(renderStep(step));
  };
  const shown = isSet(flags, 'dryRun')
    ? steps.map((step) => shownStep(step, 'planned'))
    : await perform(deps, root, steps, show, signal);
  if (isSet(flags, 'dryRun')) shown.forEach(show);
  if (isJson) printJson({ root, steps: shown, left: left.map(renderAction) });
  else process.stdout.write(renderEnd(shown, left));
  if (signal.aborted) return 130;
  return shown.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}

/** Named on purpose: a default of `/` would one day configure the computer of somebody who meant the cluster. */
function rootOf(flags: FlagValues): string {
  const root = textFlag(flags, 'root');
  if (root !== undefined) return resolve(root);
  throw fail('cli/usage', {
    problem: 'it must be said what is to be configured',
    hint: 'give --root / for this very machine, or --root FOLDER for a system below a folder',
  });
}

/** What the user-data asks for; on a system that does not run, without what only a running one can do. */
async function planActionsFor(root: string, body: Uint8Array, isRunning: boolean) {
  const facts = await readFacts(realFiles, root, process.env);
  const { actions, problems } = await planNode({ gunzip }, body, facts, { fillsVariables: true });
  if (problems.length > 0) {
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    throw fail('cli/bad-user-data', {
      count: problems.length === 1 ? '1 problem' : `${problems.length} problems`,
    });
  }
  // A machine that muster did not boot keeps the name that it has.
  const own = actions.filter(({ kind, reason }) => kind !== 'set-hostname' || reason !== 'facts.hostname');
  const needsRunning = ({ kind }: Action) => kind === 'command-unit' || kind === 'reload-units';
  if (isRunning) return { actions: own, left: [] };
  return {
    actions: own.filter((action) => !needsRunning(action)),
    left: own.filter(({ kind }) => kind === 'command-unit'),
  };
}

async function perform(
  deps: ActionDeps,
  root: string,
  steps: readonly Step[],
  show: (step: ShownStep) => void,
  signal: AbortSignal,
): Promise<readonly ShownStep[]> {
  const shown: ShownStep[] = [];
  for (const step of steps) {
    const [report] = await performActions(deps, root, [step.action], signal);
    const outcome = report === undefined ? 'not done' : report.outcome === 'failed' ? 'failed' : 'done';
    const next = shownStep(step, outcome, report?.message);
    show(next);
    shown.push(next);
  }
  return shown;
}

function shownStep(step: Step, outcome: ShownStep['outcome'], message?: string): ShownStep {
  const { action, why } = step;
  const note = message === undefined ? {} : { message };
  return { action: renderAction(action), why, from: action.reason, outcome, ...note };
}

function renderStep({ action, why, from, outcome, message }: ShownStep): string {
  const note = message === undefined ? '' : `\n          ${message}`;
  return `${outcome.padEnd(8)}  ${action} (${from}: ${why})${note}\n`;
}

function renderEnd(steps: readonly ShownStep[], left: readonly Action[]): string {
  const lines = left.map(
    (action) => `left      ${renderAction(action)} (${action.reason}: systemd does not run there)`,
  );
  const count = (outcome: ShownStep['outcome']) => steps.filter((step) => step.outcome === outcome).length;
  const counts = (['planned', 'done', 'failed', 'not done'] as const)
    .map((outcome) => [count(outcome), outcome] as const)
    .filter(([number]) => number > 0)
    .map(([number, outcome]) => `${number} ${outcome}`);
  return [...lines, counts.length === 0 ? 'nothing to do' : counts.join(', '), ''].join('\n');
}
