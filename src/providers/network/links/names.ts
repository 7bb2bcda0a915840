// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';

/** Where `ip netns` keeps the names of network namespaces. */
export const namespaceFolder = '/run/netns';
/** Where `ip netns exec` finds files that stand in for those of `/etc`, by namespace. */
export const settingsFolder = '/etc/netns';
export const bridge = 'br0';
/** The interface of a machine, as the machine sees it. */
export const machineInterface = 'eth0';

const pattern = /^muster-[a-z0-9-]{1,63}-[0-9a-f]{8}$/;

/**
 * The namespace of a cluster, in which its bridge and its control process are: by the cluster's name, for people, and by
 * its folder, since clusters of one name may well be on the same computer.
 */
export function clusterNamespace(clusterName: string, folder: string): string {
  return `muster-${clusterName}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
}

/** Everything that begins like this is the cluster's to make and to remove, and nobody else's. */
export function isClusterNamespace(name: string): boolean {
  return pattern.test(name);
}

export function machineNamespace(cluster: string, machine: string): string {
  return `${cluster}.${machine}`;
}

/** The end of a machine's link at the bridge. Names of interfaces have 15 characters at most, so not the machine's. */
export function portOf(mac: string): string {
  return `m${mac.replaceAll(':', '')}`;
}
