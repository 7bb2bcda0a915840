// SPDX-License-Identifier: Apache-2.0

import { findWayIn } from '../network/links/cluster-link.js';
/**
 * local: machines as processes of this computer. A machine knows only its MAC, its UUID and where to boot from,
 * walks the same path as a network-booted one, and begins with an empty disk at every power-on.
 */
import { releaseBlock } from '../network/loopback-block.js';
import type { Provider } from '../provider.js';
import { openLocalHost } from './host.js';
import { findLocalNetwork, lowerLocalNetwork, openLocalNetwork, raiseLocalNetwork } from './network.js';
import { localOptionParser } from './options.js';

export { type FirmwareDeps, runFirmware } from './firmware/firmware.js';
export type { BootedKernel, FirmwareMachine } from './firmware/machine.js';

export const localProvider: Provider = {
  name: 'local',
  summary: 'machines as processes of this computer, each with an address of its own',
  joinSeconds: 60,
  isReal: false,
  parseOptions: localOptionParser,
  openNetwork: openLocalNetwork,
  findNetwork: findLocalNetwork,
  raiseNetwork: raiseLocalNetwork,
  lowerNetwork: lowerLocalNetwork,
  findWayIn,
  releaseNetwork: releaseBlock,
  openHost: openLocalHost,
};
