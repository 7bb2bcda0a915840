// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../effects/index.js';
import { readAppliedPlan } from './applied-plan.js';
import { checkQuorum } from './check-quorum.js';
import { findClusterFolder } from './cluster-folder.js';
import { type CommandInput, type ExitCode, isSet } from './command.js';
import { getControl } from './control-record.js';
import { openExisting } from './existing.js';
import { followMachines } from './follow.js';
import { checkNames, secondsFlag } from './parse-flags.js';
import { openProgress } from './progress.js';
import { openSession } from './session.js';

export async function runReboot({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const existing = await openExisting(cluster);
  const timeoutMs = secondsFlag(flags, 'timeout', existing.provider.joinSeconds) * 1000;
  const control = await getControl(cluster);
  checkNames(existing.name, await existing.machineNames(), args);
  const session = openSession(control);
  try {
    if (!isSet(flags, 'discard')) await checkQuorum(await session.registry.snapshot(), args);
    const plan = await readAppliedPlan(cluster, session);
    const progress = await openProgress(args, 'joined');
    try {
      const order = await session.registry.machines.order(args, 'reboot', realClock.now());
      const { missed } = await followMachines(
        {
          registry: session.registry,
          cluster,
          plan,
          names: args,
          order,
          goal: 'joined',
          progress,
          timeoutMs,
        },
        signal,
      );
      for (const { name, reason, state } of missed) {
        process.stderr.write(`error: ${name} did not come back: ${reason ?? state}\n`);
      }
      return missed.length === 0 ? 0 : 1;
    } finally {
      await progress.finish();
    }
  } finally {
    await session.close();
  }
}
