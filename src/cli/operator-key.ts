// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { randomHex, realFiles, realRandom } from '../effects/index.js';
import type { ClusterFolder } from './cluster-folder.js';

/** The folder of the discovery service that a cluster's control process runs. */
export function discoveryFolder(cluster: ClusterFolder): string {
  return join(cluster.state, 'discovery');
}

/** Where the key of a discovery service lies, readable by its owner only. */
export function operatorKeyPath(folder: string): string {
  return join(folder, 'operator.key');
}

/** The key in a folder, minted at the first call: 256 random bits as hex. */
export async function openOperatorKey(folder: string): Promise<string> {
  const path = operatorKeyPath(folder);
  await realFiles.makeFolder(folder, 0o700);
  await realFiles.create(path, `${randomHex(realRandom, 32)}\n`, { isDurable: true });
  const key = await findOperatorKey(path);
  if (key === undefined) throw new Error(`${path} holds no key`);
  return key;
}

/** `undefined` when there is no such file, or an empty one. */
export async function findOperatorKey(path: string): Promise<string | undefined> {
  return (await realFiles.readText(path))?.trim() || undefined;
}
