// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Exec, Files } from '../../../effects/index.js';
import { fail } from '../../errors.js';
import type { WayIn } from '../../provider.js';
import { ip, ipIn } from './ip.js';
import { bridge, clusterNamespace, isClusterNamespace, namespaceFolder, settingsFolder } from './names.js';

export interface LinkDeps {
  readonly exec: Exec;
  readonly files: Files;
}

/** In the cluster's folder: the name of its namespace, which stays the same wherever the folder moves. */
const recordName = 'namespace';

/** The name on record; else the one that a cluster of this name in this folder has. */
export async function findNamespace(files: Files, folder: string, clusterName: string): Promise<string> {
  return (await recordedNamespace(files, folder)) ?? clusterNamespace(clusterName, folder);
}

async function recordedNamespace(files: Files, folder: string): Promise<string | undefined> {
  const name = (await files.readText(join(folder, recordName)))?.trim() ?? '';
  return isClusterNamespace(name) ? name : undefined;
}

/**
 * Makes the namespace with the bridge in it, at which the control process has `address`. Every step may be done already,
 * by an earlier call that was killed in its midst or by one beside this.
 *
 * @param address with the length of the network's prefix: `10.77.0.1/22`
 * @throws `providers/no-namespaces`
 */
export async function raiseBridge(deps: LinkDeps, folder: string, namespace: string, address: string) {
  await deps.files.makeFolder(folder, 0o700);
  // On record first: from here on, whatever is there is found.
  await deps.files.write(join(folder, recordName), `${namespace}\n`);
  const made = (await tryBridge(deps, namespace, address)) && (await tryBridge(deps, namespace, address));
  if (made === '') return;
  await lowerLinks(deps, folder, namespace);
  throw fail('providers/no-namespaces', { namespace, why: made });
}

/** Why it is not there; then what was left of it is removed, for the next try to find nothing half made. */
async function tryBridge({ exec }: LinkDeps, namespace: string, address: string): Promise<string> {
  const added = await ip(exec, ['netns', 'add', namespace]);
  const made = await ipIn(exec, namespace, [
    `link add ${bridge} type bridge`,
    `addr replace ${address} dev ${bridge}`,
    `link set ${bridge} up`,
    'link set lo up',
  ]);
  const seen = await ip(exec, ['-n', namespace, '-o', '-4', 'addr', 'show', 'dev', bridge, 'up']);
  if (seen.output.includes(` ${address} `)) return '';
  await ip(exec, ['netns', 'del', namespace]);
  return added.why || made.why || seen.why || 'its bridge has no address';
}

/** Removes the namespaces of the cluster and of all its machines, and with them every link. Nothing happens twice. */
export async function lowerLinks(
  { exec, files }: LinkDeps,
  folder: string,
  namespace: string,
): Promise<void> {
  const isOurs = (name: string) => name === namespace || name.startsWith(`${namespace}.`);
  const names = ((await files.list(namespaceFolder)) ?? []).filter(isOurs);
  const settings = ((await files.list(settingsFolder)) ?? []).filter(isOurs);
  await Promise.all(names.map((name) => ip(exec, ['netns', 'del', name])));
  await Promise.all(settings.map((name) => files.remove(join(settingsFolder, name))));
  await files.remove(join(folder, recordName));
}

/** How to come to where the machines are reached; see `Provider.findWayIn`. */
export async function findWayIn({ exec, files }: LinkDeps, folder: string): Promise<WayIn> {
  const namespace = await recordedNamespace(files, folder);
  const path = join(namespaceFolder, namespace ?? '');
  if (namespace === undefined || (await files.stat(path)) === undefined) return { words: [], isInside: true };
  const here = (await ip(exec, ['netns', 'identify'])).output.split('\n');
  // A machine is at the bridge too.
  const isInside = here.some((name) => name === namespace || name.startsWith(`${namespace}.`));
  return { words: ['nsenter', `--net=${path}`], isInside };
}
