// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { fail } from '../../errors.js';
import { listMachineNames, machineFolder, readRecord } from '../../processes/machine-record.js';
import { controlPlace, type LinkFaults, type MachineOrder } from '../../provider.js';
import { contains, findAddress, type Ipv4Block, renderBlock } from '../ipv4-block.js';
import { controlOffset } from '../loopback-block.js';
import { findNamespace, type LinkDeps } from './cluster-link.js';
import { cutOff, healAt, type Place } from './cuts.js';
import { plug, unplug } from './machine-link.js';
import { bridge, machineInterface, machineNamespace, namespaceFolder } from './names.js';

/** The links of one cluster's machines, each with an interface of its own. */
export interface MachineLinks {
  plug(order: MachineOrder): Promise<void>;
  unplug(name: string): Promise<void>;
  /** What a command line begins with to run on the machine. */
  enter(name: string): Promise<readonly string[]>;
  readonly faults: LinkFaults;
}

export function openMachineLinks(
  deps: LinkDeps,
  context: { readonly folder: string; readonly clusterName: string },
  network: Ipv4Block,
): MachineLinks {
  const { exec, files } = deps;
  const { folder, clusterName } = context;
  const control = findAddress(network, controlOffset) ?? '';
  const cluster = () => findNamespace(files, folder, clusterName);
  const placeOf = async (name: string): Promise<Place> => {
    const namespace = await cluster();
    if (name === controlPlace) return { namespace, device: bridge, address: control };
    const record = await readRecord(files, machineFolder(folder, name));
    const address = record?.order.address ?? '';
    return { namespace: machineNamespace(namespace, name), device: machineInterface, address };
  };
  const placesOf = (names: readonly string[]) => Promise.all(names.map(placeOf));
  return {
    async plug({ name, mac, address }) {
      if (!contains(network, address))
        throw fail('providers/foreign-address', { name, address, network: renderBlock(network) });
      const link = { name, mac, address: `${address}/${network.prefix}`, nameServer: control };
      await plug(deps, await cluster(), link);
    },
    unplug: async (name) => unplug(deps, await cluster(), name),
    async enter(name) {
      const namespace = machineNamespace(await cluster(), name);
      const isThere = (await files.stat(join(namespaceFolder, namespace))) !== undefined;
      return isThere ? ['ip', 'netns', 'exec', namespace] : [];
    },
    faults: {
      async cut(from, to) {
        const targets = await placesOf(to);
        for (const place of await placesOf(from)) {
          const why = await cutOff(exec, place, targets);
          if (why !== '') throw fail('providers/no-namespaces', { namespace: place.namespace, why });
        }
      },
      async heal() {
        const places = await placesOf([controlPlace, ...(await listMachineNames(files, folder))]);
        await Promise.all(places.map((place) => healAt(exec, place)));
      },
    },
  };
}
