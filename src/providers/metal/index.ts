// SPDX-License-Identifier: Apache-2.0

/**
 * metal: machines that muster does not make. They boot from the control process over a network that is there already; the
 * operator's own command switches them, or a person does.
 */
import type { ClusterNetwork, Provider, ProviderContext } from '../provider.js';
import { openMetalHost } from './host.js';
import { metalOptionParser, readMetalOptions } from './options.js';

export const metalProvider: Provider = {
  name: 'metal',
  summary: 'machines that are there already, and boot over the network',
  // Firmware of servers alone may take minutes.
  joinSeconds: 900,
  isReal: true,
  parseOptions: metalOptionParser,
  openNetwork: async (_deps, context) => networkOf(context),
  findNetwork: async (_deps, context) => networkOf(context),
  raiseNetwork: async () => {},
  lowerNetwork: async () => {},
  findWayIn: async () => ({ words: [], isInside: true }),
  releaseNetwork: async () => {},
  openHost: openMetalHost,
};

/** Machines have the addresses that the cluster file, or their network's DHCP server, gives them. */
function networkOf({ options }: ProviderContext): ClusterNetwork {
  return { controlAddress: readMetalOptions(options).address, addressOf: () => '' };
}
