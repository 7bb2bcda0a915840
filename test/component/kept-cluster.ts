// SPDX-License-Identifier: Apache-2.0

import { rm } from 'node:fs/promises';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { runEngine } from '../../src/engine/index.js';
import { connect } from '../../src/etcd/index.js';
import { type LeaseId, type MemberReport, machineId } from '../../src/model/index.js';
import type { Host } from '../../src/providers/index.js';
import { openRegistry, type StoreEvent, type StoreRecord, type StoreView } from '../../src/registry/index.js';
import { openStore } from '../../src/store/index.js';
import type { EtcdVersion } from '../conformance/real-etcd.js';
import { openTestCluster, type TestMember } from './member-parts.js';

type Environment = Readonly<Record<string, string>>;

/**
 * Machines with real etcds, kept by the real engine; the test has the power switches and the disks. Other than with local
 * machines, a disk outlives its machine's boot until the test wipes it.
 */
export interface KeptCluster extends AsyncDisposable {
  readonly members: readonly TestMember[];
  etcdctl(member: TestMember, ...args: readonly string[]): Promise<string>;
  /** At once, as when power fails. */
  turnOff(member: TestMember): Promise<void>;
  turnOn(
    member: TestMember,
    how?: { readonly isWiped?: boolean; readonly environment?: Environment },
  ): Promise<void>;
  /** Resolves with the first view from now on, the last one included, that fits. */
  untilView(what: string, isWanted: (view: StoreView) => boolean): Promise<StoreView>;
  record(): Promise<StoreRecord>;
  events(): Promise<readonly StoreEvent[]>;
}

/** No machine is powered by the engine here. */
const host: Host = {
  powerOn: async () => false,
  powerOff: async () => {},
  destroy: async () => {},
  list: async () => [],
  async *watchEnds() {},
  consoleFile: () => '',
  rootFolder: () => undefined,
  enter: async () => [],
};

export async function openKeptCluster(
  version: EtcdVersion,
  bootstrap: 'static' | 'seed',
): Promise<KeptCluster> {
  const store = await openStore({ clock: realClock, random: realRandom, log: silentLog });
  const registry = openRegistry({ kv: store.kv, clock: realClock, log: silentLog });
  const cluster = await openTestCluster(version);
  const leases = new Map<string, LeaseId>();
  /** A machine whose power fails tells nobody that its etcd has ended. */
  const off = new Set<string>();
  const stop = new AbortController();

  const announce = async (name: string, member: MemberReport) => {
    if (off.has(name)) return;
    const lease = leases.get(name) ?? (await store.kv.grantLease(600)).id;
    leases.set(name, lease);
    const id = idOf(name);
    const node = { name, bootId: name, privateIp: '', publicIp: '', startedAt: 0, units: [], problems: [] };
    const machine = { id, publicIp: '', metadata: {}, version: '' };
    await registry.machines.announce(lease, machine, { ...node, stage: 'running', member });
  };
  /** In order, as an agent tells them. */
  let telling: Promise<unknown> = Promise.resolve();
  const members: TestMember[] = [];
  for (let count = 0; count < 3; count += 1) {
    const member = await cluster.member({}, (report, { name }) => {
      telling = telling.then(() => announce(name, report));
    });
    members.push(member);
    void (async () => {
      for await (const { order } of registry.store.watchOrder(member.name, stop.signal)) member.order(order);
    })().catch(() => {});
  }
  const running = runEngine(
    {
      kv: store.kv,
      registry,
      host,
      clock: realClock,
      log: silentLog,
      random: realRandom,
      engineId: '0'.repeat(32),
      machinesOf: () => undefined,
      orderFor: () => {
        throw new Error('no machine is made here');
      },
      members: {
        connect: (endpoint) => connect([endpoint], { timeoutMs: 3_000 }),
        saveSnapshot: async () => ({ path: '', sha256: '', revision: 0 }),
        offerSnapshot: () => ({ url: '', ticket: '' }),
        reserveSlots: async () => ({ url: '' }),
        slotsOf: async () => [],
        wantedOf: () => ({
          bootstrap,
          size: members.length,
          replaceAfterMs: undefined,
          members: members.map(({ name, peerUrl }) => ({ name, id: idOf(name), peerUrls: [peerUrl] })),
        }),
      },
    },
    stop.signal,
  );

  return {
    members,
    etcdctl: cluster.etcdctl,
    async turnOff(member) {
      off.add(member.name);
      await telling;
      await member.stop(true);
      await telling;
      const lease = leases.get(member.name);
      leases.delete(member.name);
      if (lease !== undefined) await store.kv.revokeLease(lease);
    },
    async turnOn(member, { isWiped = false, environment } = {}) {
      if (isWiped) await rm(member.dataDir, { recursive: true, force: true });
      off.delete(member.name);
      await member.restart(environment);
    },
    async untilView(what, isWanted) {
      const limit = AbortSignal.timeout(60_000);
      let last: StoreView | undefined;
      for await (const seen of registry.watch(limit)) {
        if (seen.kind !== 'snapshot') continue;
        last = seen.snapshot.storeView;
        if (last !== undefined && isWanted(last)) return last;
      }
      throw new Error(`not ${what}, but ${JSON.stringify(last)}`);
    },
    async record() {
      const { store: record } = await registry.snapshot();
      if (record === undefined) throw new Error('no cluster was founded');
      return record;
    },
    events: () => registry.store.events(1_000),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running.catch(() => {});
      await cluster.close();
      await telling.catch(() => {});
      await store.close();
    },
  };
}

/** Machines are named `m1` and so on. */
function idOf(name: string) {
  return machineId(name.slice(1).padStart(32, '0'));
}
