// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { isMusterError } from '../model/index.js';
import { loadStore } from '../store/index.js';
import { dhcpModes } from './boot/dnsmasq-config.js';
import { readCluster } from './cluster-files.js';
import { type ClusterFolder, findClusterFolder, openClusterId } from './cluster-folder.js';
import { type CommandInput, type ExitCode, type FlagValues, textFlag } from './command.js';
import { type ControlDhcp, runControl } from './control.js';
import { beginWord, type ReadyMessage } from './control-process.js';
import { findControl } from './control-record.js';
import { fail } from './errors.js';
import { enterNetwork } from './in-network.js';
import { openLog } from './log.js';
import { bindProvider } from './provider-deps.js';

/**
 * Runs until `signal` fires. A process that started it over IPC says when to begin, and is told when it serves, or why
 * it does not.
 */
export async function runServe({ flags, signal }: CommandInput): Promise<ExitCode> {
  try {
    if (process.connected) {
      const loaded = loadStore();
      if (!(await isToldToBegin(signal))) return 0;
      await loaded;
    }
    const cluster = findClusterFolder(flags);
    // Whoever started it in the background has made its network, and is in there.
    if (!process.connected && (await findControl(cluster)) === undefined) await raiseNetwork(cluster);
    const entered = await enterNetwork(cluster.state);
    if (entered !== undefined) return entered;
    await runControl(cluster, openLog('control'), () => tell({ kind: 'ready' }), signal, dhcpOf(flags));
    return 0;
  } catch (error) {
    tell({
      kind: 'failed',
      code: isMusterError(error) ? error.code : 'cli/control-failed',
      message: error instanceof Error ? error.message : String(error),
      next: isMusterError(error) ? error.next : 'look at its log: `muster logs --control`',
    });
    throw error;
  }
}

/** `false`: whoever started it does not need it after all. */
async function isToldToBegin(signal: AbortSignal): Promise<boolean> {
  const settled = new AbortController();
  const until = { signal: AbortSignal.any([signal, settled.signal]) };
  try {
    const word = once(process, 'message', until).then(([message]) => message === beginWord);
    const gone = once(process, 'disconnect', until).then(() => false);
    return await Promise.race([word, gone]);
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    settled.abort();
  }
}

function dhcpOf(flags: FlagValues): ControlDhcp | undefined {
  const mode = dhcpModes.find((one) => one === textFlag(flags, 'dhcp'));
  const range = textFlag(flags, 'dhcpRange');
  if (mode === undefined) return undefined;
  if (range === undefined) return { mode, pool: undefined };
  const [first = '', last = '', ...more] = range.split(',').map((address) => address.trim());
  if (mode === 'full' && isIPv4(first) && isIPv4(last) && more.length === 0)
    return { mode, pool: { first, last } };
  throw fail('cli/usage', {
    problem: `"${range}" is no range of addresses for --dhcp full`,
    hint: 'write two IPv4 addresses, for example --dhcp-range 10.0.0.100,10.0.0.199',
  });
}

async function raiseNetwork(cluster: ClusterFolder): Promise<void> {
  const clusterId = await openClusterId(cluster);
  const { spec } = await readCluster(cluster);
  await bindProvider(cluster, clusterId, spec, openLog('control')).raiseNetwork();
}

function tell(message: ReadyMessage): void {
  if (process.connected) process.send?.(message);
}
