// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { fail } from '../../errors.js';
import type { LinkDeps } from './cluster-link.js';
import { ip, ipIn } from './ip.js';
import { bridge, machineInterface, machineNamespace, portOf, settingsFolder } from './names.js';

export interface MachineLink {
  readonly name: string;
  readonly mac: string;
  /** With the length of the network's prefix: `10.77.0.101/22`. */
  readonly address: string;
  /** Whom it asks for names. */
  readonly nameServer: string;
}

/**
 * Gives a machine that is off a namespace of its own, with one interface that has the machine's MAC and address, at the
 * cluster's bridge. What an earlier run left is replaced, cuts included.
 *
 * @throws `providers/no-namespaces`
 */
export async function plug(deps: LinkDeps, cluster: string, link: MachineLink): Promise<void> {
  const { exec, files } = deps;
  const namespace = machineNamespace(cluster, link.name);
  const port = portOf(link.mac);
  await unplug(deps, cluster, link.name);
  const added = await ip(exec, ['netns', 'add', namespace]);
  const joined = await ipIn(exec, cluster, [
    // A shell that somebody left open keeps a namespace alive, and this in it, after its name is gone.
    `link del ${port}`,
    `link add ${port} type veth peer name ${machineInterface} address ${link.mac} netns ${namespace}`,
    `link set ${port} master ${bridge} up`,
  ]);
  const made = await ipIn(exec, namespace, [
    'link set lo up',
    `addr add ${link.address} dev ${machineInterface}`,
    `link set ${machineInterface} up`,
  ]);
  if (made.why !== '') {
    await unplug(deps, cluster, link.name);
    throw fail('providers/no-namespaces', { namespace, why: added.why || joined.why || made.why });
  }
  await files.makeFolder(join(settingsFolder, namespace));
  await files.write(join(settingsFolder, namespace, 'resolv.conf'), `nameserver ${link.nameServer}\n`, {
    mode: 0o644,
  });
}

/** Removes a machine's namespace, and its link with it. Nothing happens when there is none. */
export async function unplug({ exec, files }: LinkDeps, cluster: string, name: string): Promise<void> {
  const namespace = machineNamespace(cluster, name);
  await ip(exec, ['netns', 'del', namespace]);
  await files.remove(join(settingsFolder, namespace));
}
