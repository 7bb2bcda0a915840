// SPDX-License-Identifier: Apache-2.0

import { type MemberOrder, type MemberReport, machineId } from '../../../model/index.js';
import {
  type ClusterSnapshot,
  emptySnapshot,
  type StandingOrder,
  type StoreChange,
  type StoreEvent,
  type StoreRequest,
} from '../../../registry/index.js';
import type { Chance } from './chance.js';
import type { Timeline } from './timeline.js';

export interface RegistryModelDeps {
  readonly time: Timeline;
  readonly chance: Chance;
  readonly onOrder: (name: string, order: MemberOrder) => void;
  readonly onEvent: (event: StoreEvent) => void;
}

export type RegistryModel = ReturnType<typeof openRegistryModel>;

/** muster's own store: what is written is there at once, and seen by the engine a moment later. */
export function openRegistryModel({ time, chance, onOrder, onEvent }: RegistryModelDeps) {
  const state = { latest: emptySnapshot, visible: emptySnapshot, leader: 0 };
  const waiting = new Set<() => void>();

  const put = (part: Partial<ClusterSnapshot>): number => {
    const latest = { ...state.latest, ...part, revision: state.latest.revision + 1 };
    state.latest = latest;
    time.after(chance.between(5, 300), () => {
      if (state.visible.revision < latest.revision) state.visible = latest;
      for (const wake of [...waiting]) wake();
    });
    return latest.revision;
  };

  return {
    latest: () => state.latest,
    /** As the engine's mirror has it. */
    visible: () => state.visible,
    onVisible: (wake: () => void) => {
      waiting.add(wake);
      return () => waiting.delete(wake);
    },
    /** A new control process leads; the one before it has lost. */
    lead() {
      state.leader = put({});
      return { createRevision: state.leader };
    },
    record(createRevision: number, change: StoreChange): number | undefined {
      if (createRevision !== state.leader) return undefined;
      const next = state.latest.revision + 1;
      const orders = new Map(state.latest.memberOrders);
      for (const [name, order] of change.orders ?? []) orders.set(name, { order, revision: next });
      const revision = put({
        memberOrders: orders,
        ...(change.record && { store: change.record }),
        ...(change.view && { storeView: change.view }),
        ...(change.isRequestDone && { storeRequest: undefined }),
      });
      for (const [name, order] of change.orders ?? []) onOrder(name, order);
      for (const event of change.events ?? []) onEvent(event);
      return revision;
    },
    /** Nothing: its lease ran out. */
    report(name: string, member: MemberReport | undefined): void {
      const nodes = new Map(state.latest.nodes);
      const id = idOf(name);
      if (member === undefined) nodes.delete(id);
      else nodes.set(id, { ...node, name, bootId: name, member });
      put({ nodes });
    },
    ask: (storeRequest: StoreRequest | undefined) => put({ storeRequest }),
    /** All that muster knew is gone. */
    forget: () => put({ store: undefined, storeView: undefined, memberOrders: new Map() }),
    orderOf: (name: string): StandingOrder | undefined => state.latest.memberOrders.get(name),
  };
}

/** Machines are named `m1` and so on. */
export function idOf(name: string) {
  return machineId(name.slice(1).padStart(32, '0'));
}

const node = {
  privateIp: '',
  publicIp: '',
  startedAt: 0,
  stage: 'running',
  units: [],
  problems: [],
} as const;
