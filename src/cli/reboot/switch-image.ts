// SPDX-License-Identifier: Apache-2.0

import { realFiles, silentLog } from '../../effects/index.js';
import { setImage } from '../../spec/index.js';
import { applyFile, refuseMoved } from '../apply-file.js';
import { findBuiltImage, imageFolder } from '../boot/built-image.js';
import { parseCluster, readCluster } from '../cluster-files.js';
import type { ClusterFolder } from '../cluster-folder.js';
import { openClusterId } from '../cluster-folder.js';
import { planCluster } from '../cluster-plan.js';
import type { ControlRecord } from '../control-record.js';
import { fail } from '../errors.js';
import { bindProvider } from '../provider-deps.js';
import type { Session } from '../session.js';

/**
 * Writes the image into the cluster file and applies that: every boot from then on takes it. Returns what it was before.
 *
 * @throws `cli/no-image` when there is none of that name, or it is not whole; `cli/usage` when the file would not parse with it; `cli/file-differs` when the one on the disk holds changes
 * that were not applied, which a roll must not bring along unseen
 */
export async function switchImage(
  cluster: ClusterFolder,
  control: ControlRecord,
  session: Session,
  image: string,
): Promise<string> {
  if ((await findBuiltImage(image)) === undefined) {
    throw fail('cli/no-image', { name: image, folder: imageFolder() });
  }
  const before = await session.registry.snapshot();
  const onDisk = (await realFiles.readText(cluster.clusterFile)) ?? '';
  if (onDisk !== before.clusterFile.text) throw fail('cli/file-differs', { file: cluster.clusterFile });
  const set = setImage(onDisk, image);
  const parsed = parseCluster(set.text);
  if (parsed.kind === 'bad') {
    const [issue] = parsed.issues;
    throw fail('cli/usage', { problem: issue?.message ?? 'it does not parse', hint: issue?.hint ?? '' });
  }
  await realFiles.write(cluster.clusterFile, set.text, { mode: 0o644 });
  try {
    const checked = await readCluster(cluster);
    const clusterId = await openClusterId(cluster);
    const network = await bindProvider(cluster, clusterId, checked.spec, silentLog).planNetwork();
    const plan = planCluster(checked.spec, checked.text.userData, { clusterId, network });
    refuseMoved(plan, control);
    await applyFile(session, plan, checked, before);
  } catch (error) {
    await realFiles.write(cluster.clusterFile, onDisk, { mode: 0o644 });
    throw error;
  }
  return set.before ?? '';
}
