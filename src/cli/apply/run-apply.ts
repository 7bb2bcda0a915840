// SPDX-License-Identifier: Apache-2.0

import { silentLog } from '../../effects/index.js';
import { applyFile, refuseMoved } from '../apply-file.js';
import { readCluster } from '../cluster-files.js';
import { findClusterFolder, openClusterId } from '../cluster-folder.js';
import { planCluster } from '../cluster-plan.js';
import { type CommandInput, type ExitCode, isSet, textFlag } from '../command.js';
import { planClusterChange } from '../config/plan-changes.js';
import { renderClusterChange } from '../config/run-diff.js';
import { readApplied } from '../config/run-render.js';
import { getControl } from '../control-record.js';
import { checkNames, parseSeconds } from '../parse-flags.js';
import { printJson } from '../print.js';
import { bindProvider } from '../provider-deps.js';
import { openSession } from '../session.js';
import type { GateLimits } from './await-well.js';
import { planRoll } from './plan-roll.js';
import { adviceAfter, plannedOutcome, renderEntry, renderOutcomes } from './render-roll.js';
import { sendAll } from './send-all.js';
import { wantedOf } from './wanted-config.js';

export async function runApply({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const limits: GateLimits = {
    timeoutMs: parseSeconds('--timeout', textFlag(flags, 'timeout') ?? '60') * 1000,
    settleMs: parseSeconds('--settle', textFlag(flags, 'settle') ?? '3') * 1000,
  };
  const cluster = findClusterFolder(flags);
  const checked = await readCluster(cluster);
  const known = checked.spec.machines.map(({ name }) => name);
  checkNames(checked.spec.name, known, args);
  const control = await getControl(cluster);
  const clusterId = await openClusterId(cluster);
  const network = await bindProvider(cluster, clusterId, checked.spec, silentLog).planNetwork();
  const plan = planCluster(checked.spec, checked.text.userData, { clusterId, network });
  refuseMoved(plan, control);
  const session = openSession(control);
  try {
    const before = await session.registry.snapshot();
    const names = args.length > 0 ? known.filter((name) => args.includes(name)) : known;
    const roll = planRoll(
      names.map((name) => wantedOf(plan, name)),
      before,
    );
    if (isSet(flags, 'dryRun')) {
      const change = planClusterChange(await readApplied(cluster), plan);
      if (textFlag(flags, 'output') === 'json') printJson(roll.map(plannedOutcome));
      else process.stdout.write(renderClusterChange(change) + roll.map(renderEntry).join(''));
      return 0;
    }
    for (const change of await applyFile(session, plan, checked, before)) tell(change);
    const deps = { registry: session.registry, hasStore: plan.store !== undefined, tell };
    const outcomes = await sendAll(deps, roll, limits, signal);
    if (textFlag(flags, 'output') === 'json') printJson(outcomes);
    else process.stdout.write(await renderOutcomes(outcomes));
    const failed = outcomes.find(({ outcome }) => outcome === 'failed');
    if (signal.aborted) return 130;
    if (failed === undefined) return 0;
    tell(adviceAfter(failed));
    return 1;
  } finally {
    await session.close();
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
