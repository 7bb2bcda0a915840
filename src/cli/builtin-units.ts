// SPDX-License-Identifier: Apache-2.0

import { type BuiltinUnit, parseKernelArguments } from '../agent/index.js';
import { runProxy } from '../bootstrap/index.js';
import { type Log, realForwardTcp } from '../effects/index.js';

/**
 * Units that the article's user-data starts and that muster itself is, on a machine that is no member of the store:
 * etcd2 is the way to the store, fleet is this agent.
 */
export function builtinUnits(commandLine: string, log: Log): ReadonlyMap<string, BuiltinUnit> {
  const { etcdEndpoints: endpoints, privateIpv4: ownAddress } = parseKernelArguments(commandLine);
  const proxy: BuiltinUnit = ({ environment, onReady }, signal) => {
    const listenClientUrls = environment.ETCD_LISTEN_CLIENT_URLS ?? 'http://0.0.0.0:2379';
    const options = { listenClientUrls, ownAddress, endpoints };
    return runProxy({ forwardTcp: realForwardTcp, log }, options, onReady, signal);
  };
  const agent: BuiltinUnit = ({ onReady }, signal) => {
    onReady();
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  };
  return new Map([
    ['etcd2.service', proxy],
    ['etcd-member.service', proxy],
    ['fleet.service', agent],
  ]);
}
