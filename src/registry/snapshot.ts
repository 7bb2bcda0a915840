// SPDX-License-Identifier: Apache-2.0

import { findMachineId, type Machine, type MachineId, type MemberOrder } from '../model/index.js';
import { meaningOf } from './keys.js';
import {
  type BootRecord,
  type ClusterFileRecord,
  type MachineLife,
  type MachineOrder,
  type NodeState,
  type PendingMachine,
  parseRecord,
} from './records.js';
import type { StoreRecord, StoreRequest, StoreView } from './store-records.js';

/** An order to a member, and the revision that tells it from the one before. */
export interface StandingOrder {
  readonly order: MemberOrder;
  readonly revision: number;
}

/** Everything that machines and engine share, at one revision. */
export interface ClusterSnapshot {
  readonly revision: number;
  /** `modRevision` 0: no cluster file was applied yet. */
  readonly clusterFile: ClusterFileRecord;
  /** What `clusterFile.userData` is made of: texts by hash, and the hash of each path. */
  readonly userDataTexts: ReadonlyMap<string, string>;
  readonly userDataIndex: Readonly<Record<string, string>>;
  readonly orders: ReadonlyMap<string, MachineOrder>;
  readonly lives: ReadonlyMap<string, MachineLife>;
  readonly boots: ReadonlyMap<string, BootRecord>;
  /** Machines that nobody knows, by a hash of their marks. */
  readonly pending: ReadonlyMap<string, PendingMachine>;
  readonly machines: ReadonlyMap<MachineId, Machine>;
  readonly nodes: ReadonlyMap<MachineId, NodeState>;
  /** The value of the engine leader's key, as it stands there. */
  readonly engineLeader: string | undefined;
  /** Nothing: no cluster of etcd was founded. */
  readonly store: StoreRecord | undefined;
  readonly storeView: StoreView | undefined;
  readonly storeRequest: StoreRequest | undefined;
  /** By machine. */
  readonly memberOrders: ReadonlyMap<string, StandingOrder>;
}

export const emptySnapshot: ClusterSnapshot = {
  revision: 0,
  clusterFile: { text: '', userData: new Map(), modRevision: 0 },
  userDataTexts: new Map(),
  userDataIndex: {},
  orders: new Map(),
  lives: new Map(),
  boots: new Map(),
  pending: new Map(),
  machines: new Map(),
  nodes: new Map(),
  engineLeader: undefined,
  store: undefined,
  storeView: undefined,
  storeRequest: undefined,
  memberOrders: new Map(),
};

/** One key that changed; `value` is `undefined` when the key is gone. */
export interface RegistryChange {
  readonly key: string;
  readonly value: string | undefined;
  readonly modRevision: number;
}

/** The snapshot after `changes`; shares with the one before all that did not change. Cost: one copy of each map that did. */
export function foldChanges(
  before: ClusterSnapshot,
  revision: number,
  changes: readonly RegistryChange[],
): ClusterSnapshot {
  const draft = startDraft(before);
  for (const change of changes) foldChange(draft, change);
  const texts = draft.userData.result();
  const isSame = texts === before.userDataTexts && draft.index === before.userDataIndex;
  const userData = isSame ? before.clusterFile.userData : joinUserData(draft.index, texts);
  return {
    revision,
    clusterFile: { ...draft.file, userData },
    userDataTexts: texts,
    userDataIndex: draft.index,
    orders: draft.orders.result(),
    lives: draft.lives.result(),
    boots: draft.boots.result(),
    pending: draft.pending.result(),
    machines: draft.machines.result(),
    nodes: draft.nodes.result(),
    engineLeader: draft.engineLeader,
    store: draft.store,
    storeView: draft.storeView,
    storeRequest: draft.storeRequest,
    memberOrders: draft.memberOrders.result(),
  };
}

function joinUserData(index: Readonly<Record<string, string>>, texts: ReadonlyMap<string, string>) {
  return new Map(Object.entries(index).map(([path, hash]) => [path, texts.get(hash) ?? '']));
}

type Draft = ReturnType<typeof startDraft>;

function startDraft(before: ClusterSnapshot) {
  return {
    file: { text: before.clusterFile.text, modRevision: before.clusterFile.modRevision },
    userData: copyOnSet(before.userDataTexts),
    index: before.userDataIndex,
    orders: copyOnSet(before.orders),
    lives: copyOnSet(before.lives),
    boots: copyOnSet(before.boots),
    pending: copyOnSet(before.pending),
    machines: copyOnSet(before.machines),
    nodes: copyOnSet(before.nodes),
    engineLeader: before.engineLeader,
    store: before.store,
    storeView: before.storeView,
    storeRequest: before.storeRequest,
    memberOrders: copyOnSet(before.memberOrders),
  };
}

function copyOnSet<K, V>(before: ReadonlyMap<K, V>) {
  let copy: Map<K, V> | undefined;
  return {
    set(key: K, value: V | undefined): void {
      copy ??= new Map(before);
      if (value === undefined) copy.delete(key);
      else copy.set(key, value);
    },
    result: (): ReadonlyMap<K, V> => copy ?? before,
  };
}

function foldChange(draft: Draft, { key, value, modRevision }: RegistryChange): void {
  const meaning = meaningOf(key);
  switch (meaning.kind) {
    case 'cluster-file':
      draft.file = { text: value ?? '', modRevision: value === undefined ? 0 : modRevision };
      return;
    case 'user-data':
      return draft.userData.set(meaning.hash, value);
    case 'user-data-index':
      draft.index = parsed(value, parseRecord.userDataIndex) ?? {};
      return;
    case 'engine-leader':
      draft.engineLeader = value;
      return;
    case 'store-record':
      draft.store = parsed(value, parseRecord.store);
      return;
    case 'store-view':
      draft.storeView = parsed(value, parseRecord.storeView);
      return;
    case 'store-request':
      draft.storeRequest = parsed(value, parseRecord.storeRequest);
      return;
    case 'member-order': {
      const order = parsed(value, parseRecord.memberOrder);
      return draft.memberOrders.set(meaning.name, order && { order, revision: modRevision });
    }
    case 'order': {
      const order = parsed(value, parseRecord.order);
      return draft.orders.set(meaning.name, order && { ...order, modRevision });
    }
    case 'life':
      return draft.lives.set(meaning.name, parsed(value, parseRecord.life));
    case 'boot':
      return draft.boots.set(meaning.name, parsed(value, parseRecord.boot));
    case 'pending':
      return draft.pending.set(meaning.hash, parsed(value, parseRecord.pending));
    case 'machine': {
      const id = findMachineId(meaning.id);
      if (id === undefined) return;
      return draft.machines.set(
        id,
        parsed(value, (text) => parseRecord.machine(id, text)),
      );
    }
    case 'node': {
      const id = findMachineId(meaning.id);
      if (id === undefined) return;
      return draft.nodes.set(id, parsed(value, parseRecord.node));
    }
    case 'engine-version':
    case 'other':
      return;
    default:
      return meaning satisfies never;
  }
}

function parsed<T>(value: string | undefined, parse: (text: string) => T | undefined): T | undefined {
  return value === undefined ? undefined : parse(value);
}
