// SPDX-License-Identifier: Apache-2.0

import {
  type BootImage,
  type BootMachine,
  type BootPlan,
  type BootProfile,
  sortProfiles,
} from '../boot/index.js';
import { authorizeKeys } from '../cloudconfig/index.js';
import type { WantedCluster } from '../engine/index.js';
import { machineIdentity } from '../identity/index.js';
import type { BootstrapKind, MachineFacts } from '../model/index.js';
import type { MachineOrder } from '../providers/index.js';
import type { ClusterSpec, ImageSpec, MachineSpec } from '../spec/index.js';
import type { KnownMachine } from '../status/index.js';
import { compileCluster } from './cluster-files.js';
import { fail } from './errors.js';
import type { BoundNetwork } from './provider-deps.js';
import { type ControlUrls, planDoor, reachUrl } from './reach.js';

/** What a cluster file means on this computer: every machine with its identity, addresses and configuration. */
export interface ClusterPlan {
  readonly spec: ClusterSpec;
  readonly controlUrl: string;
  /** Of the control process: its store. */
  readonly etcdUrl: string;
  /** The same two where machines reach them by another way, which ends here; nothing where they do not. */
  readonly door: ControlUrls | undefined;
  /** Addresses of machines that this computer reaches at another one. */
  readonly reach: Readonly<Record<string, string>>;
  /** Client URLs of the store that the machines share; the same where that is embedded. */
  readonly storeUrls: readonly string[];
  /** The members that the machines run; nothing where the store is embedded. */
  readonly store: WantedCluster | undefined;
  /** Where the zone of the cluster's domain is served; nothing: nowhere. */
  readonly dns: { readonly host: string; readonly port: number; readonly suffix: string } | undefined;
  readonly machines: ReadonlyMap<string, PlannedMachine>;
  readonly boot: BootPlan;
}

export interface PlannedMachine {
  readonly known: KnownMachine;
  readonly order: MachineOrder;
}

export interface PlanContext {
  readonly clusterId: string;
  readonly network: BoundNetwork;
  /** Files of an image; for who boots nothing: left out. */
  readonly imageOf?: (image: ImageSpec) => BootImage;
}

/** Pure. Throws `cli/wildcard-address`. Cost: one hash and one rendered configuration per machine. */
export function planCluster(
  spec: ClusterSpec,
  userData: ReadonlyMap<string, string>,
  context: PlanContext,
): ClusterPlan {
  const address = spec.control.address || context.network.controlAddress;
  // Machines are told this address: "any" is none that they could reach.
  if (address === '0.0.0.0' || address === '::') throw fail('cli/wildcard-address', { address });
  const host = address.includes(':') ? `[${address}]` : address;
  const controlUrl = `http://${host}:${spec.control.port}`;
  const etcdUrl = `http://${host}:${spec.control.etcdPort}`;
  const addressOf = (machine: MachineSpec, index: number) =>
    machine.privateIpv4 || context.network.addressOf(index);
  const members = spec.machines.flatMap((machine, index) =>
    spec.store.kind === 'etcd' && machine.role === 'member' ? [addressOf(machine, index)] : [],
  );
  const door = planDoor(context.network.door, spec.control);
  const told = door?.told ?? { controlUrl, etcdUrl };
  const { userData: compiled, profileUserData, bootstrap, srvName } = compileCluster(spec, userData);
  const planned = spec.machines.map((machine, index) =>
    planMachine(spec, machine, index, context, told.controlUrl, {
      userData: compiled.get(machine.name),
      profileUserData: profileUserData.get(machine.name) ?? new Map(),
    }),
  );
  const reach = Object.fromEntries(
    planned.flatMap(({ order: { address, reachAddress } }) =>
      address === reachAddress ? [] : [[address, reachAddress]],
    ),
  );
  return {
    spec,
    controlUrl,
    etcdUrl,
    door: door?.listen,
    reach,
    storeUrls:
      members.length === 0
        ? [etcdUrl]
        : members.map((address) => reachUrl(reach, memberUrl(address, clientPort))),
    store: wantedCluster(spec, bootstrap, planned),
    dns: bootstrap === 'srv' ? { host: address, port: spec.control.dnsPort, suffix: srvName } : undefined,
    machines: new Map(planned.map(({ known, order }) => [known.name, { known, order }])),
    boot: {
      controlUrl: told.controlUrl,
      etcdEndpoints: [told.etcdUrl],
      storeEndpoints: members.map((address) => memberUrl(address, clientPort)),
      agentTtlSeconds: spec.agentTtlSeconds,
      machines: planned.map(({ boot }) => boot),
      profiles: planProfiles(spec, context),
    },
  };
}

/** Those of the file, and the cluster's image for all others where the file has no profile for them. */
function planProfiles(spec: ClusterSpec, { imageOf = notLooked }: PlanContext): readonly BootProfile[] {
  const isLocal = spec.provider.name === 'local';
  const bootOf = (image: ImageSpec | undefined): BootImage => {
    // Processes of this computer have no kernel to boot.
    if (isLocal) return { kind: 'agent' };
    return image === undefined
      ? { kind: 'away', why: 'the cluster file names no image for it' }
      : imageOf(image);
  };
  const profiles = spec.profiles.map(({ name, selector, image = spec.image, args, reads }): BootProfile => {
    const read = isLocal ? 'cloud-config' : (reads ?? image?.reads ?? 'cloud-config');
    return { name, selector, image: bootOf(image), args, reads: read };
  });
  if (spec.profiles.some(({ selector }) => Object.keys(selector).length === 0)) return sortProfiles(profiles);
  const rest: BootProfile = {
    name: 'default',
    selector: {},
    image: bootOf(spec.image),
    args: [],
    reads: isLocal ? 'cloud-config' : (spec.image?.reads ?? 'cloud-config'),
  };
  return sortProfiles([...profiles, rest]);
}

function notLooked(): BootImage {
  return { kind: 'away', why: 'nobody has looked for its image' };
}

const clientPort = 2379;
const peerPort = 2380;

function memberUrl(address: string, port: number): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function wantedCluster(
  spec: ClusterSpec,
  bootstrap: BootstrapKind,
  planned: readonly PlannedMachine[],
): WantedCluster | undefined {
  if (spec.store.kind === 'embedded') return undefined;
  const members = planned
    .filter(({ known }) => known.role === 'member')
    .map(({ known: { name, id, privateIp } }) => ({ name, id, peerUrls: [memberUrl(privateIp, peerPort)] }));
  const { size = members.length, replaceAfterSeconds } = spec.store;
  const replaceAfterMs = replaceAfterSeconds === undefined ? undefined : replaceAfterSeconds * 1000;
  return { bootstrap, size, replaceAfterMs, members };
}

function planMachine(
  spec: ClusterSpec,
  machine: MachineSpec,
  index: number,
  context: PlanContext,
  controlUrl: string,
  texts: Pick<BootMachine, 'userData' | 'profileUserData'>,
): PlannedMachine & { readonly boot: BootMachine } {
  const { name, role, metadata } = machine;
  const { network } = context;
  const keys = network.authorizedKeys ?? [];
  const identity = machineIdentity(context.clusterId, name, machine.marks);
  const facts = factsOf(spec, machine, index, context, identity.machineId);
  const { privateIpv4: privateIp, publicIpv4: publicIp } = facts;
  const { serial } = machine.marks;
  return {
    known: { name, id: identity.machineId, role, privateIp, publicIp, metadata },
    order: {
      name,
      ...identity,
      serial: serial ?? '',
      bootUrl: `${controlUrl}/boot.ipxe`,
      address: privateIp,
      reachAddress: network.reachOf?.(index) ?? privateIp,
    },
    boot: {
      name,
      machineId: identity.machineId,
      marks: { mac: identity.mac, uuid: identity.uuid, ...(serial === undefined ? {} : { serial }) },
      role,
      facts,
      args: network.argumentsOf?.({ mac: identity.mac, address: privateIp }) ?? [],
      metadata,
      storeProgram: spec.store.kind === 'etcd' && role === 'member' ? spec.store.program : '',
      userData: authorizeKeys(texts.userData, keys),
      profileUserData: new Map(
        [...texts.profileUserData].map(([profile, text]) => [profile, authorizeKeys(text, keys) ?? text]),
      ),
    },
  };
}

function factsOf(
  spec: ClusterSpec,
  machine: MachineSpec,
  index: number,
  context: PlanContext,
  machineId: MachineFacts['machineId'],
): MachineFacts {
  const privateIpv4 = machine.privateIpv4 || context.network.addressOf(index);
  return {
    machineId,
    name: machine.name,
    hostname: `${machine.name}.${spec.domain}`,
    privateIpv4,
    publicIpv4: machine.publicIpv4 || privateIpv4,
    privateIpv6: machine.privateIpv6,
    publicIpv6: machine.publicIpv6,
  };
}
