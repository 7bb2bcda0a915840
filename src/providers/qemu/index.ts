// SPDX-License-Identifier: Apache-2.0

/**
 * qemu: machines as virtual machines of this computer, which boot over the network by QEMU's own iPXE and begin with an
 * empty memory. Each is a QEMU process that outlives muster and is found again, as machines of `local` are.
 *
 *   user:   nic0 ── QEMU's NAT ── 127.0.0.1 of this computer     nic1 ── multicast segment of the cluster
 *   bridge: nic0 ── tap ── bridge in the cluster's namespace ── control process, dnsmasq
 */
import { findWayIn } from '../network/links/cluster-link.js';
import { releaseBlock } from '../network/loopback-block.js';
import type { Provider } from '../provider.js';
import { openQemuHost } from './host.js';
import { findQemuNetwork, lowerQemuNetwork, openQemuNetwork, raiseQemuNetwork } from './network.js';
import { qemuOptionParser } from './options.js';

export const qemuProvider: Provider = {
  name: 'qemu',
  summary: 'virtual machines of this computer, which boot over the network',
  // Emulated, and several at once on few cores.
  joinSeconds: 300,
  isReal: true,
  parseOptions: qemuOptionParser,
  openNetwork: openQemuNetwork,
  findNetwork: findQemuNetwork,
  raiseNetwork: raiseQemuNetwork,
  lowerNetwork: lowerQemuNetwork,
  findWayIn,
  releaseNetwork: releaseBlock,
  openHost: openQemuHost,
};
