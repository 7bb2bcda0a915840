// SPDX-License-Identifier: Apache-2.0

import { type LogFields, silentLog } from '../../../effects/index.js';
import type { EtcdClient } from '../../../etcd/index.js';
import type { SnapshotSource, StoreRegistry } from '../../../registry/index.js';
import { keepMembers, type SnapshotDesk, type WantedCluster } from '../keep-members.js';
import type { Chance } from './chance.js';
import type { RegistryModel } from './model-registry.js';
import type { Timeline } from './timeline.js';

export interface ControlModelDeps {
  readonly time: Timeline;
  readonly chance: Chance;
  readonly registry: RegistryModel;
  readonly wanted: WantedCluster;
  /** `travel`: the way to a machine, for calls of this process. */
  readonly connect: (machine: string, travel: () => Promise<void>) => EtcdClient;
  readonly tell: (what: string) => void;
  readonly saveSnapshot: (member: EtcdClient) => Promise<SnapshotSource>;
}

/** A control process: the real `keepMembers`, that can die or sleep before each thing it does. */
export interface ControlModel {
  crash(): void;
  /** It does nothing for a while, and then goes on as if no time had passed. */
  stall(ms: number): void;
}

export function startControl(deps: ControlModelDeps): ControlModel {
  const { time, chance, registry } = deps;
  const state = { isDead: false, stalledUntil: 0 };
  const leadership = registry.lead();

  const goOn = () => {
    if (state.isDead) throw new Error('the control process is dead');
  };
  const takeTime = async (ms: number) => {
    goOn();
    await time.sleep(ms);
    if (state.stalledUntil > time.now()) await time.sleep(state.stalledUntil - time.now());
    goOn();
  };

  /** Whoever leads lists all records first, so that it knows what was written before. */
  const seen = () => {
    const snapshot = registry.visible();
    return snapshot.revision >= leadership.createRevision ? snapshot : undefined;
  };
  const desk: SnapshotDesk = {
    latest() {
      goOn();
      return seen();
    },
    newer: (revision, signal) =>
      new Promise((resolve) => {
        const isThere = () => (seen()?.revision ?? 0) > revision;
        if (signal.aborted || isThere()) return resolve();
        const look = () => {
          if (!isThere() && !signal.aborted && !state.isDead) return;
          forget();
          signal.removeEventListener('abort', look);
          void time.sleep(0).then(resolve);
        };
        const forget = registry.onVisible(look);
        signal.addEventListener('abort', look);
      }),
  };
  const store: StoreRegistry = {
    async record({ createRevision }, change) {
      await takeTime(chance.between(1, 20));
      const revision = registry.record(createRevision, change);
      await takeTime(chance.between(1, 20));
      return revision;
    },
    async *watchOrder() {},
    async *watchEvents() {},
    async *watchRecord() {},
    note: async () => {},
    ask: async () => 0,
    withdraw: async () => {},
    events: async () => [],
  };
  const refused = (message: string, { step, machine, words }: LogFields = {}) =>
    deps.tell(`${message}: ${step} ${machine ?? ''}: ${words}`);
  const keeping = keepMembers(
    {
      clock: time,
      log: { ...silentLog, debug: refused, warn: refused },
      random: { bytes: (length) => Buffer.from(chance.hex(2 * length), 'hex') },
      store,
      connect: (endpoint) => {
        const machine = /m\d+/.exec(endpoint)?.[0] ?? endpoint;
        return deps.connect(machine, () => takeTime(chance.between(1, 30)));
      },
      saveSnapshot: deps.saveSnapshot,
      offerSnapshot: ({ path }) => ({ url: path, ticket: '' }),
      reserveSlots: async (token) => ({ url: token }),
      slotsOf: async () => [],
      wantedOf: () => deps.wanted,
    },
    leadership,
    desk,
    new AbortController().signal,
  );
  keeping.catch(() => {});
  return {
    crash() {
      state.isDead = true;
    },
    stall(ms) {
      state.stalledUntil = time.now() + ms;
    },
  };
}
