// SPDX-License-Identifier: Apache-2.0

import { type BuiltinUnit, parseKernelArguments, storeDiskFolder } from '../agent/index.js';
import type { Log } from '../effects/index.js';
import { memberUnit } from './member-unit.js';
import { proxyUnit } from './proxy-unit.js';

/**
 * Units that the article's user-data starts and that muster itself is: etcd2 is a member of the store, or the way to
 * it; fleet is this agent.
 *
 * @param root the folder that stands for the machine's `/`
 */
export function builtinUnits(commandLine: string, root: string, log: Log): ReadonlyMap<string, BuiltinUnit> {
  const { name, etcdEndpoints, store, disk, privateIpv4: ownAddress } = parseKernelArguments(commandLine);
  const dataRoot = disk === '' ? '/' : storeDiskFolder;
  // Machines in folders share their computer's loopback and every other address of it; programs of a real one, such as
  // etcdctl, look for the store at the loopback.
  const wildcard = root === '/' ? '0.0.0.0' : ownAddress;
  const agent: BuiltinUnit = ({ onReady }, signal) => {
    onReady();
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  };
  const etcd =
    store.kind === 'client'
      ? proxyUnit(
          { wildcard, endpoints: store.endpoints, recordEndpoints: store.isShared ? etcdEndpoints : [] },
          log,
        )
      : memberUnit(
          { name, root, dataRoot, program: store.program, ownAddress, wildcard, etcdEndpoints },
          log,
        );
  return new Map([
    ['etcd2.service', etcd],
    ['etcd-member.service', etcd],
    ['fleet.service', agent],
  ]);
}
