// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { Clock, Log } from '../effects/index.js';
import { type Compare, type Kv, keyOf, mirror, type Op, prefixRange, textOf } from '../etcd/index.js';
import { findMachineId, type LeaseId, type Machine, type MachineId } from '../model/index.js';
import { keys, meaningOf, registryParts, registryRange } from './keys.js';
import {
  type BootRecord,
  type ClusterFileRecord,
  type ConfigOrder,
  type MachineLife,
  type MachineOrder,
  type NodeState,
  type PendingMachine,
  parseRecord,
  renderMachine,
} from './records.js';
import { type ClusterSnapshot, emptySnapshot, foldChanges } from './snapshot.js';
import { openStoreRegistry, type StoreRegistry } from './store-registry.js';
import { openUnitRegistry, type UnitRegistry } from './unit-registry.js';
import { watchKey } from './watch-key.js';

export interface RegistryDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
}

/** An order to take over a configuration, and the revision that tells it from the one before. */
export interface StandingConfig {
  readonly order: ConfigOrder;
  readonly revision: number;
}

/** Proof of being the engine's leader: a write that carries it fails once another engine leads. */
export interface Leadership {
  readonly createRevision: number;
}

export type RegistryView =
  | { readonly kind: 'snapshot'; readonly snapshot: ClusterSnapshot }
  /** The store can not be reached; the last snapshot is what is known. */
  | { readonly kind: 'away'; readonly reason: string };

export interface Registry {
  readonly clusterFile: {
    /**
     * Puts texts first, then in one revision the cluster file and which text each path means. False, and nothing that
     * counts was written, unless the cluster file is still at `expected`.
     */
    write(record: Omit<ClusterFileRecord, 'modRevision'>, expected: ClusterFileRecord): Promise<boolean>;
  };
  readonly machines: {
    /** Puts both records of a machine under its lease, in one revision. */
    announce(lease: LeaseId, machine: Machine, state: NodeState): Promise<void>;
    /** Puts the machine object alone under a lease: what the machines' own store has of it. */
    publish(lease: LeaseId, machine: Machine): Promise<void>;
    /** Resolves once the machine object is gone, or `signal` fired; throws what a watch throws. */
    untilGone(id: MachineId, signal: AbortSignal): Promise<void>;
    /** Asks the same of each machine, in one revision; returns that revision. */
    order(names: readonly string[], want: MachineOrder['want'], at: number): Promise<number>;
    /** As `order`, as long as the request to the store with this revision stands; nothing, and nothing asked, when it does not. */
    orderWhile(
      request: number,
      names: readonly string[],
      want: MachineOrder['want'],
      at: number,
    ): Promise<number | undefined>;
    /** Tells the agent of a machine what to take over; replaces what was there. Returns the revision of the order. */
    sendConfig(name: string, order: ConfigOrder): Promise<number>;
    /** The order that stands for the machine, then each that replaces it. Ends when `signal` fires; throws what a watch throws. */
    watchConfig(name: string, signal: AbortSignal): AsyncIterable<StandingConfig>;
    recordBoot(name: string, boot: BootRecord): Promise<void>;
    /** Under a lease of its own, which is renewed by repeating the call with what this one returned. */
    recordPending(machine: PendingMachine, lease: LeaseId | undefined): Promise<LeaseId>;
    /** Forgets one: it was let in. Does nothing when there is none. */
    forgetPending(machine: PendingMachine): Promise<void>;
    /** When each registered machine last renewed its lease, milliseconds since 1970. Cost: one read, and one per machine. */
    renewals(now: number): Promise<ReadonlyMap<MachineId, number>>;
    /** Engine only. False when the leadership was lost, and nothing is written. */
    recordLives(
      leadership: Leadership,
      lives: ReadonlyMap<string, MachineLife | undefined>,
    ): Promise<boolean>;
  };
  readonly engine: {
    /**
     * Becomes the leader, or waits until it can. A key left behind by an earlier life of `id` is taken over at
     * once. `undefined`: `signal` fired first.
     */
    lead(id: string, lease: LeaseId, signal: AbortSignal): Promise<Leadership | undefined>;
  };
  /** Of the etcd cluster that the machines run, where they do. */
  readonly store: StoreRegistry;
  readonly units: UnitRegistry;
  /** What is there now, in one read. */
  snapshot(): Promise<ClusterSnapshot>;
  /** The snapshot now, then one after each revision that touched it. Ends when `signal` fires. */
  watch(signal: AbortSignal): AsyncIterable<RegistryView>;
}

/** The typed records over any etcd v3 key space. Holds nothing open by itself. */
export function openRegistry(deps: RegistryDeps): Registry {
  const { kv } = deps;
  return {
    clusterFile: { write: (record, expected) => writeClusterFile(kv, record, expected) },
    machines: {
      async announce(lease, machine, state) {
        await kv.txn({
          compare: [],
          success: [
            put(keys.machineObject(machine.id), renderMachine(machine), lease),
            put(keys.node(machine.id), JSON.stringify(state), lease),
          ],
          failure: [],
        });
      },
      async publish(lease, machine) {
        const { key, value } = { key: keys.machineObject(machine.id), value: renderMachine(machine) };
        await kv.put({ key: keyOf(key), value: keyOf(value), lease });
      },
      async untilGone(id, signal) {
        const key = keyOf(keys.machineObject(id));
        const { count, revision } = await kv.range({ key, countOnly: true });
        if (count > 0) await untilGone(kv, key, revision, signal);
      },
      order: async (names, want, at) => (await orderAll(kv, [], names, want, at)).revision,
      async orderWhile(request, names, want, at) {
        const key = keyOf(keys.storeRequest);
        const compare: Compare = { key, target: 'mod', result: 'equal', number: request };
        const { succeeded, revision } = await orderAll(kv, [compare], names, want, at);
        return succeeded ? revision : undefined;
      },
      async sendConfig(name, order) {
        const value = keyOf(JSON.stringify(order));
        return (await kv.put({ key: keyOf(keys.machineConfig(name)), value })).revision;
      },
      watchConfig: (name, signal) => watchConfig(kv, name, signal),
      async recordBoot(name, boot) {
        await kv.put({ key: keyOf(keys.machineBoot(name)), value: keyOf(JSON.stringify(boot)) });
      },
      recordPending: (machine, lease) => recordPending(kv, machine, lease),
      async forgetPending({ marks }) {
        await kv.deleteRange({ key: keyOf(keys.pendingMachine(hashOf(JSON.stringify(marks)))) });
      },
      renewals: (now) => renewals(kv, now),
      async recordLives(leadership, lives) {
        const guard: Compare = {
          key: keyOf(keys.engineLeader),
          target: 'create',
          result: 'equal',
          number: leadership.createRevision,
        };
        const ops = [...lives].flatMap(([name, life]) =>
          life === undefined
            ? [
                remove(keys.machineLife(name)),
                remove(keys.machineOrder(name)),
                remove(keys.machineBoot(name)),
                remove(keys.machineConfig(name)),
              ]
            : [put(keys.machineLife(name), JSON.stringify(life))],
        );
        return (await inBatches(kv, [guard], ops)).succeeded;
      },
    },
    engine: { lead: (id, lease, signal) => lead(kv, id, lease, signal) },
    store: openStoreRegistry(kv),
    units: openUnitRegistry(deps),
    snapshot: async () => {
      const ops = parts.map((request): Op => ({ kind: 'range', request }));
      const { responses, revision } = await kv.txn({ compare: [], success: ops, failure: [] });
      const found = responses.flatMap((one) => (one.kind === 'range' ? one.response.kvs : []));
      return foldChanges(emptySnapshot, revision, found.map(changeOf));
    },
    watch: (signal) => watch(deps, signal),
  };
}

const parts = registryParts.map(({ first, end }) => ({ key: keyOf(first), rangeEnd: keyOf(end) }));

function orderAll(
  kv: Kv,
  compare: readonly Compare[],
  names: readonly string[],
  want: MachineOrder['want'],
  at: number,
) {
  const value = JSON.stringify({ want, at });
  return inBatches(
    kv,
    compare,
    names.map((name) => put(keys.machineOrder(name), value)),
  );
}

/** etcd refuses a transaction of more than 128 operations. */
const opsPerTxn = 120;

/**
 * One transaction as long as they fit in one; stops at the first that fails. The revision is that of the first: what
 * is newer was written by this call, or after it.
 */
async function inBatches(kv: Kv, compare: readonly Compare[], ops: readonly Op[], size = opsPerTxn) {
  let revision: number | undefined;
  for (let start = 0; start < ops.length; start += size) {
    const done = await kv.txn({ compare, success: ops.slice(start, start + size), failure: [] });
    revision ??= done.revision;
    if (!done.succeeded) return { revision, succeeded: false };
  }
  return { revision: revision ?? 0, succeeded: true };
}

async function writeClusterFile(
  kv: Kv,
  record: Omit<ClusterFileRecord, 'modRevision'>,
  expected: ClusterFileRecord,
): Promise<boolean> {
  const hashes = [...record.userData].map(([path, text]) => [path, hashOf(text)] as const);
  const texts = new Map([...record.userData.values()].map((text) => [hashOf(text), text]));
  await inBatches(
    kv,
    [],
    [...texts].map(([hash, text]) => put(keys.userData(hash), text)),
    1,
  );
  const answer = await kv.txn({
    compare: [{ key: keyOf(keys.clusterFile), target: 'mod', result: 'equal', number: expected.modRevision }],
    success: [
      put(keys.clusterFile, record.text),
      put(keys.userDataIndex, JSON.stringify(Object.fromEntries(hashes))),
    ],
    failure: [],
  });
  if (!answer.succeeded) return false;
  const stale = [...expected.userData.values()].map(hashOf).filter((hash) => !texts.has(hash));
  await inBatches(
    kv,
    [],
    stale.map((hash) => remove(keys.userData(hash))),
  );
  return true;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Long against the pause between two questions of a machine that waits. */
const pendingSeconds = 300;

async function recordPending(kv: Kv, machine: PendingMachine, lease: LeaseId | undefined): Promise<LeaseId> {
  const isAlive = lease !== undefined && ((await kv.keepAlive(lease)) ?? 0) > 0;
  const held = isAlive ? lease : (await kv.grantLease(pendingSeconds)).id;
  const key = keyOf(keys.pendingMachine(hashOf(JSON.stringify(machine.marks))));
  await kv.put({ key, value: keyOf(JSON.stringify(machine)), lease: held });
  return held;
}

async function renewals(kv: Kv, now: number): Promise<ReadonlyMap<MachineId, number>> {
  const { kvs } = await kv.range({ ...prefixRange(keys.machineFolder), keysOnly: true });
  const found = await Promise.all(
    kvs.map(async ({ key, lease }): Promise<[MachineId, number][]> => {
      const meaning = meaningOf(textOf(key));
      const id = meaning.kind === 'machine' ? findMachineId(meaning.id) : undefined;
      if (id === undefined || lease === 0n) return [];
      const { ttlSeconds, grantedTtlSeconds } = await kv.timeToLive(lease);
      return [[id, now - Math.max(0, grantedTtlSeconds - ttlSeconds) * 1000]];
    }),
  );
  return new Map(found.flat());
}

async function lead(
  kv: Kv,
  id: string,
  lease: LeaseId,
  signal: AbortSignal,
): Promise<Leadership | undefined> {
  const key = keyOf(keys.engineLeader);
  while (!signal.aborted) {
    const answer = await kv.txn({
      compare: [{ key, target: 'create', result: 'equal', number: 0 }],
      success: [
        put(keys.engineLeader, JSON.stringify({ MachineID: id, Version: 1 }), lease),
        put(keys.engineVersion, '1'),
      ],
      failure: [{ kind: 'range', request: { key } }],
    });
    if (answer.succeeded) return { createRevision: answer.revision };
    const [found] = answer.responses;
    const holder = found?.kind === 'range' ? found.response.kvs[0] : undefined;
    if (holder === undefined) continue;
    if (textOf(holder.value) === JSON.stringify({ MachineID: id, Version: 1 })) {
      // One process at a time bears this ID, so whoever wrote this is no more.
      await removeUnchanged(kv, key, holder.modRevision);
      continue;
    }
    await untilGone(kv, key, answer.revision, signal);
  }
  return undefined;
}

async function* watchConfig(kv: Kv, name: string, signal: AbortSignal): AsyncIterable<StandingConfig> {
  for await (const { value, modRevision } of watchKey(kv, keys.machineConfig(name), signal)) {
    const order = parseRecord.configOrder(textOf(value));
    if (order !== undefined) yield { order, revision: modRevision };
  }
}

async function removeUnchanged(kv: Kv, key: Uint8Array, modRevision: number): Promise<void> {
  await kv.txn({
    compare: [{ key, target: 'mod', result: 'equal', number: modRevision }],
    success: [{ kind: 'delete-range', request: { key } }],
    failure: [],
  });
}

async function untilGone(kv: Kv, key: Uint8Array, after: number, signal: AbortSignal): Promise<void> {
  for await (const message of kv.watch({ key, startRevision: after + 1, filters: ['no-put'] }, signal)) {
    if (message.kind === 'events') return;
  }
}

async function* watch(deps: RegistryDeps, signal: AbortSignal): AsyncIterable<RegistryView> {
  let current = emptySnapshot;
  const range = { key: keyOf(registryRange.first), rangeEnd: keyOf(registryRange.end) };
  for await (const seen of mirror(deps, range, signal, { parts })) {
    switch (seen.kind) {
      case 'snapshot':
        current = foldChanges(emptySnapshot, seen.revision, [...seen.entries.values()].map(changeOf));
        break;
      case 'changes':
        current = foldChanges(
          current,
          seen.revision,
          seen.events.map((event) => ({
            ...changeOf(event.kv),
            ...(event.kind === 'delete' ? { value: undefined } : {}),
          })),
        );
        break;
      case 'away':
        yield { kind: 'away', reason: String(seen.error) };
        continue;
      default:
        seen satisfies never;
    }
    yield { kind: 'snapshot', snapshot: current };
  }
}

function changeOf(kv: {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly modRevision: number;
}) {
  return { key: textOf(kv.key), value: textOf(kv.value), modRevision: kv.modRevision };
}

function put(key: string, value: string, lease?: LeaseId): Op {
  const request = { key: keyOf(key), value: keyOf(value), ...(lease === undefined ? {} : { lease }) };
  return { kind: 'put', request };
}

function remove(key: string): Op {
  return { kind: 'delete-range', request: { key: keyOf(key) } };
}
