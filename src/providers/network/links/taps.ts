// SPDX-License-Identifier: Apache-2.0

import type { Exec } from '../../../effects/index.js';
import { fail } from '../../errors.js';
import { ip, ipIn } from './ip.js';
import { bridge, portOf } from './names.js';

/**
 * Makes a tap device for a virtual machine at the cluster's bridge; what an earlier run left is replaced. Returns its name.
 *
 * @throws `providers/no-namespaces`
 */
export async function plugTap(exec: Exec, namespace: string, mac: string): Promise<string> {
  const device = portOf(mac);
  await unplugTap(exec, namespace, mac);
  const made = await ipIn(exec, namespace, [
    `tuntap add dev ${device} mode tap`,
    `link set ${device} master ${bridge} up`,
  ]);
  if (made.why === '') return device;
  await unplugTap(exec, namespace, mac);
  throw fail('providers/no-namespaces', { namespace, why: made.why });
}

/** Nothing happens when there is none. */
export async function unplugTap(exec: Exec, namespace: string, mac: string): Promise<void> {
  await ip(exec, ['-n', namespace, 'link', 'del', portOf(mac)]);
}
