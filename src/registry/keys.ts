// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../model/index.js';

/**
 * Every key that machines and engine share. fleet's keep fleet's names (Source: coreos/fleet registry/*.go),
 * muster's own are hidden from a plain listing by their underscore.
 */
export const keys = {
  machineFolder: '/_coreos.com/fleet/machines/',
  machineObject: (id: MachineId) => `/_coreos.com/fleet/machines/${id}/object`,
  engineVersion: '/_coreos.com/fleet/engine/version',
  engineLeader: '/_coreos.com/fleet/lease/engine-leader',
  clusterFile: '/_muster/cluster/file',
  /** JSON: path of each user-data file, as the cluster file has it, and the hash of its text. */
  userDataIndex: '/_muster/cluster/user-data-index',
  userDataFolder: '/_muster/cluster/user-data/',
  /** A text, under its SHA-256 in hex. */
  userData: (hash: string) => `/_muster/cluster/user-data/${hash}`,
  machineOrder: (name: string) => `/_muster/machines/${name}/order`,
  machineLife: (name: string) => `/_muster/machines/${name}/life`,
  /** What a running machine is to become without a reboot. */
  machineConfig: (name: string) => `/_muster/machines/${name}/config`,
  machineBoot: (name: string) => `/_muster/machines/${name}/boot`,
  /** A machine that nobody knows; by a hash of its marks. */
  pendingMachine: (hash: string) => `/_muster/pending/${hash}`,
  node: (id: MachineId) => `/_muster/nodes/${id}`,
  storeRecord: '/_muster/store/cluster',
  storeView: '/_muster/store/view',
  /** What an operator asked of the store's cluster; the engine removes it when it is done. */
  storeRequest: '/_muster/store/request',
  memberOrder: (name: string) => `/_muster/store/orders/${name}`,
  /** Beyond the range that is watched: nobody needs all of them at hand. */
  eventFolder: '/_muster_events/',
} as const;

/** The narrowest range that holds all of them. */
export const registryRange = { first: '/_coreos.com/fleet/', end: '/_muster0' } as const;

/** What of it is wanted here: units, of which there may be tens of thousands, lie in between. */
export const registryParts = [
  { first: '/_coreos.com/fleet/lease/', end: '/_coreos.com/fleet/machines0' },
  { first: '/_muster/', end: '/_muster0' },
] as const;

export type KeyMeaning =
  | { readonly kind: 'machine'; readonly id: string }
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'order' | 'life' | 'boot'; readonly name: string }
  | { readonly kind: 'user-data' | 'pending'; readonly hash: string }
  | { readonly kind: 'member-order'; readonly name: string }
  | { readonly kind: 'cluster-file' | 'user-data-index' | 'engine-leader' | 'engine-version' }
  | { readonly kind: 'store-record' | 'store-view' | 'store-request' }
  | { readonly kind: 'other' };

const machineObjectPattern = /^\/_coreos\.com\/fleet\/machines\/([^/]+)\/object$/;
const machinePattern = /^\/_muster\/machines\/([^/]+)\/(order|life|boot)$/;
const memberOrderPattern = /^\/_muster\/store\/orders\/([^/]+)$/;
const pendingPattern = /^\/_muster\/pending\/([0-9a-f]+)$/;
const nodePattern = /^\/_muster\/nodes\/([^/]+)$/;

/** What a key of the range is about; the reverse of `keys`. */
export function meaningOf(key: string): KeyMeaning {
  if (key === keys.clusterFile) return { kind: 'cluster-file' };
  if (key === keys.userDataIndex) return { kind: 'user-data-index' };
  if (key === keys.engineLeader) return { kind: 'engine-leader' };
  if (key === keys.engineVersion) return { kind: 'engine-version' };
  if (key === keys.storeRecord) return { kind: 'store-record' };
  if (key === keys.storeView) return { kind: 'store-view' };
  if (key === keys.storeRequest) return { kind: 'store-request' };
  if (key.startsWith(keys.userDataFolder)) {
    return { kind: 'user-data', hash: key.slice(keys.userDataFolder.length) };
  }
  const pending = pendingPattern.exec(key);
  if (pending?.[1] !== undefined) return { kind: 'pending', hash: pending[1] };
  const object = machineObjectPattern.exec(key);
  if (object?.[1] !== undefined) return { kind: 'machine', id: object[1] };
  const node = nodePattern.exec(key);
  if (node?.[1] !== undefined) return { kind: 'node', id: node[1] };
  const member = memberOrderPattern.exec(key);
  if (member?.[1] !== undefined) return { kind: 'member-order', name: member[1] };
  const [, name, kind] = machinePattern.exec(key) ?? [];
  if (name === undefined) return { kind: 'other' };
  if (kind === 'order' || kind === 'life' || kind === 'boot') return { kind, name };
  return { kind: 'other' };
}
