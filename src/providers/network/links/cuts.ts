// SPDX-License-Identifier: Apache-2.0

import type { Exec } from '../../../effects/index.js';
import { ip, ipIn } from './ip.js';

/** One end of a link. */
export interface Place {
  readonly namespace: string;
  /** The interface inside the namespace. */
  readonly device: string;
  readonly address: string;
}

/** Nobody has this hardware address: a frame to it arrives nowhere, as behind a torn cable, and nobody is told. */
const nobody = '02:00:00:00:00:00';

/**
 * Whatever `from` sends to one of `to` is lost from now on. The kernel's table of neighbours does it, which every kernel
 * has, and only in the one direction. It takes effect on open connections too.
 *
 * @returns why it could not be done; empty when it was
 */
export async function cutOff(exec: Exec, from: Place, to: readonly Place[]): Promise<string> {
  const lines = to.map(
    ({ address }) => `neigh replace ${address} lladdr ${nobody} nud permanent dev ${from.device}`,
  );
  return (await ipIn(exec, from.namespace, lines)).why;
}

/** What `place` sends arrives again. */
export async function healAt(exec: Exec, { namespace, device }: Place): Promise<void> {
  await ip(exec, ['-n', namespace, 'neigh', 'flush', 'nud', 'permanent', 'dev', device]);
}
