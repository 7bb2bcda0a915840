// SPDX-License-Identifier: Apache-2.0

import { type BuiltinUnit, parseKernelArguments } from '../agent/index.js';
import { askMember, runProxy } from '../bootstrap/index.js';
import { type Log, realClock, realForwardTcp, realHttpGet } from '../effects/index.js';
import { memberUnit } from './member-unit.js';

/**
 * Units that the article's user-data starts and that muster itself is: etcd2 is a member of the store, or the way to
 * it; fleet is this agent.
 *
 * @param root the folder that stands for the machine's `/`
 */
export function builtinUnits(commandLine: string, root: string, log: Log): ReadonlyMap<string, BuiltinUnit> {
  const { name, etcdEndpoints, store, privateIpv4: ownAddress } = parseKernelArguments(commandLine);
  const endpoints = store.kind === 'client' ? store.endpoints : [];
  const proxy: BuiltinUnit = ({ environment, onReady }, signal) => {
    const listenClientUrls = environment.ETCD_LISTEN_CLIENT_URLS ?? 'http://0.0.0.0:2379';
    const options = { listenClientUrls, ownAddress, endpoints };
    const ask = askMember({ httpGet: realHttpGet });
    return runProxy({ forwardTcp: realForwardTcp, ask, clock: realClock, log }, options, onReady, signal);
  };
  const agent: BuiltinUnit = ({ onReady }, signal) => {
    onReady();
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  };
  const etcd =
    store.kind === 'client'
      ? proxy
      : memberUnit({ name, root, program: store.program, ownAddress, etcdEndpoints }, log);
  return new Map([
    ['etcd2.service', etcd],
    ['etcd-member.service', etcd],
    ['fleet.service', agent],
  ]);
}
