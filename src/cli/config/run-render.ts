// SPDX-License-Identifier: Apache-2.0

import { readAppliedPlan } from '../applied-plan.js';
import { type ClusterFolder, findClusterFolder } from '../cluster-folder.js';
import type { ClusterPlan } from '../cluster-plan.js';
import { type CommandInput, type ExitCode, isSet } from '../command.js';
import { getControl } from '../control-record.js';
import { openExisting } from '../existing.js';
import { checkNames } from '../parse-flags.js';
import { openSession } from '../session.js';
import { readDiskPlan } from './disk-plan.js';
import { servedUserData } from './served-user-data.js';

export async function runConfigRender({ args: [name = ''], flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const plan = isSet(flags, 'applied') ? await readApplied(cluster) : await readDiskPlan(cluster);
  checkNames(plan.spec.name, [...plan.machines.keys()], [name]);
  process.stdout.write(servedUserData(plan.boot, name) ?? '');
  return 0;
}

/** The plan that boots are answered from now. @throws `cli/not-running`, `cli/never-up`, `cli/no-plan` */
export async function readApplied(cluster: ClusterFolder): Promise<ClusterPlan> {
  await openExisting(cluster);
  const session = openSession(await getControl(cluster));
  try {
    return await readAppliedPlan(cluster, session);
  } finally {
    await session.close();
  }
}
