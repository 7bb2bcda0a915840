// SPDX-License-Identifier: Apache-2.0

import { type Handler, type Log, realClock, realRandom } from '../../effects/index.js';
import { connect, type EtcdClient, type Kv } from '../../etcd/index.js';
import { fleetLockHandler, type LockState, openRebootLock, type RebootLock } from '../../lock/index.js';
import type { ClusterSnapshot, Registry } from '../../registry/index.js';
import type { ClusterSpec } from '../../spec/index.js';
import { foldLock, type LockStatus } from '../../status/index.js';
import { countOthers } from '../check-quorum.js';
import type { ClusterPlan } from '../cluster-plan.js';
import { undrainMachine } from './drain-machine.js';
import { judgeGrant } from './judge-grant.js';
import { judgeWell } from './judge-well.js';
import { type LockMachines, lockMachines } from './lock-machines.js';
import { type Care, planCare } from './plan-care.js';

export interface ControlLockDeps {
  /** Of the control process; the lock is there where the machines run no etcd. */
  readonly kv: Kv;
  readonly registry: Registry;
  readonly log: Log;
  readonly latest: () => ClusterSnapshot;
  readonly planOf: (snapshot: ClusterSnapshot) => ClusterPlan | undefined;
}

/** The reboot lock in the control process: its HTTP face, and who looks after its holders. */
export interface ControlLock {
  readonly face: Handler;
  /** As it is, or as it was looked at last where the store takes long to answer; none before it was there. */
  groups(): Promise<readonly LockStatus[]>;
  /** Applies the cluster file and looks after holders until `signal` fires. */
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const lookEveryMs = 5_000;
/** A status is not kept waiting for longer. */
const answerWithinMs = 500;

export function openControlLock(deps: ControlLockDeps): ControlLock {
  const shared = openShared(deps.kv);
  const seen: { groups: readonly LockStatus[]; readonly wellSince: Map<string, number> } = {
    groups: [],
    wellSince: new Map(),
  };
  const current = (snapshot: ClusterSnapshot) => {
    const plan = deps.planOf(snapshot);
    return plan && { plan, lock: shared.lockOf(plan), machines: machinesOf(plan) };
  };
  const here = async () => {
    const snapshot = await deps.registry.snapshot();
    const found = current(snapshot);
    if (found === undefined) throw new Error('there is no cluster file to go by');
    return { snapshot, ...found };
  };
  const lock = lateLock(async () => (await here()).lock);
  const look = async () => {
    const snapshot = deps.latest();
    const found = current(snapshot);
    if (found === undefined || !isOpen(found.plan, snapshot)) return;
    seen.groups = await careForAll(deps, { snapshot, ...found, wellSince: seen.wellSince });
  };
  return {
    face: fleetLockHandler({
      lock,
      log: deps.log,
      groups: async () =>
        new Set((await here()).plan.spec.rebootLock.groups.map(({ name }) => name || 'default')),
      machineOf: async (id) => {
        const { machines, snapshot } = await here();
        const found = machines.find(id);
        const bootId = snapshot.lives.get(found?.name ?? '')?.bootId ?? '';
        return { machine: found?.name ?? '', bootId };
      },
      gateFor: (machine) => async (holders) => {
        const { machines, snapshot } = await here();
        const others = holders.map(({ id, machine: name }) => machines.find(id)?.name ?? name);
        return judgeGrant(snapshot, machine, others, await countOthers(snapshot));
      },
      notWell: async (name) => {
        const { machines, snapshot } = await here();
        const machine = machines.named(name);
        return machine && judgeWell(snapshot, machine);
      },
    }),
    async groups() {
      const snapshot = deps.latest();
      const found = current(snapshot);
      if (found === undefined || !isOpen(found.plan, snapshot)) return seen.groups;
      const fresh = readAll(found).then((groups) => {
        seen.groups = groups;
      });
      const late = new AbortController();
      await Promise.race([fresh.catch(() => {}), realClock.sleep(answerWithinMs, late.signal)]);
      late.abort();
      return seen.groups;
    },
    async run(signal) {
      while (!signal.aborted) {
        await look().catch((error: unknown) =>
          deps.log.debug('the reboot lock cannot be looked after now', { reason: String(error) }),
        );
        await realClock.sleep(lookEveryMs, signal);
      }
    },
    close: () => shared.close(),
  };
}

/** Nothing is to be written into a store that is not there yet, or is being saved for good. */
function isOpen(plan: ClusterPlan, { store, storeRequest }: ClusterSnapshot): boolean {
  return plan.store === undefined || (store?.phase === 'formed' && storeRequest === undefined);
}

function machinesOf(plan: ClusterPlan): LockMachines {
  return lockMachines([...plan.machines.values()].map(({ known }) => known));
}

interface Round {
  readonly plan: ClusterPlan;
  readonly lock: RebootLock;
  readonly machines: LockMachines;
  readonly snapshot: ClusterSnapshot;
  readonly wellSince: Map<string, number>;
}

type Here = Pick<Round, 'plan' | 'lock' | 'machines'>;

async function readAll({ plan, lock, machines }: Here): Promise<readonly LockStatus[]> {
  const states = (await groupsOf({ plan, lock })).map(async (group) =>
    statusOf(group, await lock.look(group), machines),
  );
  return Promise.all(states);
}

async function groupsOf({ plan, lock }: Pick<Round, 'plan' | 'lock'>): Promise<readonly string[]> {
  return [...new Set([...plan.spec.rebootLock.groups.map(({ name }) => name), ...(await lock.groups())])];
}

function statusOf(group: string, state: LockState, machines: LockMachines): LockStatus {
  return foldLock(group, state, (id) => machines.find(id)?.name ?? '', realClock.now());
}

async function careForAll(deps: ControlLockDeps, round: Round): Promise<readonly LockStatus[]> {
  const { plan, lock, machines } = round;
  noteWell(round);
  const found: LockStatus[] = [];
  for (const group of await groupsOf(round)) {
    const wanted = plan.spec.rebootLock.groups.find(({ name }) => name === group);
    await lock.configure(group, settingsOf(plan.spec, wanted?.windows ?? []), wanted?.slots, machines.count);
    const state = await careFor(deps, round, group);
    found.push(statusOf(group, state, machines));
  }
  return found;
}

function settingsOf({ rebootLock }: ClusterSpec, windows: LockState['windows']) {
  return { windows, timeZone: rebootLock.timeZone, failureBudget: rebootLock.failureBudget };
}

function noteWell({ plan, snapshot, wellSince }: Round): void {
  for (const { known } of plan.machines.values()) {
    if (judgeWell(snapshot, known) !== undefined) wellSince.delete(known.name);
    else if (!wellSince.has(known.name)) wellSince.set(known.name, realClock.now());
  }
}

async function careFor(deps: ControlLockDeps, round: Round, group: string): Promise<LockState> {
  const { lock, plan, ...known } = round;
  const { freeAfterSeconds, wellForSeconds } = plan.spec.rebootLock;
  const state = await lock.look(group);
  const cares = planCare({
    ...known,
    state,
    freeAfterMs: freeAfterSeconds * 1_000,
    wellForMs: wellForSeconds * 1_000,
    now: realClock.now(),
  });
  for (const care of cares) await perform(deps, lock, group, care);
  if (cares.length === 0) return state;
  const after = await lock.look(group);
  if (after.paused !== undefined && after.paused !== state.paused) {
    await note(deps, 'reboots-paused', '', `${after.paused}; \`muster lock resume\` goes on`);
  }
  return after;
}

async function perform(deps: ControlLockDeps, lock: RebootLock, group: string, care: Care): Promise<void> {
  const { holder } = care;
  const { id, machine, fence } = holder;
  const failure = (reason: string) => ({ id, machine, at: realClock.now(), reason });
  switch (care.kind) {
    case 'name':
      return lock.describe(group, id, { machine: care.machine });
    case 'returned':
      await lock.advance(group, id, fence, { phase: 'releasing', deadline: 0 });
      return;
    case 'release':
      if (await lock.release(group, id)) await note(deps, 'reboot-lock-released', machine, care.why);
      // Whoever rebooted it may be gone, with the machine still drained.
      await undrainMachine(deps.registry.units, care.machine);
      return;
    case 'free':
      if (await lock.fail(group, fence, failure(care.why), true)) {
        await note(deps, 'reboot-lock-freed', machine, `its holder ${id} is away: ${care.why}`);
      }
      return;
    case 'fail':
      if (await lock.fail(group, fence, failure(care.why), false)) {
        await note(deps, 'reboot-failed', machine, `${care.why}; its place is held`);
      }
      return;
    default:
      return care satisfies never;
  }
}

async function note({ registry }: ControlLockDeps, kind: string, machine: string, reason: string) {
  await registry.store.note({ at: realClock.now(), kind, machine, memberId: '', reason });
}

/** The lock of the store that the machines share, wherever the cluster file has that. */
function openShared(own: Kv) {
  const opened: { urls: string; client?: EtcdClient; lock: RebootLock } = { urls: '', lock: lockIn(own) };
  return {
    lockOf({ store, storeUrls }: ClusterPlan): RebootLock {
      const urls = store === undefined ? '' : storeUrls.join(',');
      if (urls === opened.urls) return opened.lock;
      void opened.client?.close();
      const client = connect(storeUrls);
      Object.assign(opened, { urls, client, lock: lockIn(client) });
      return opened.lock;
    },
    close: async () => opened.client?.close(),
  };
}

function lockIn(kv: Kv): RebootLock {
  return openRebootLock({ kv, clock: realClock, random: realRandom });
}

/** What the HTTP face needs, of the lock as it stands when it is asked. */
function lateLock(
  open: () => Promise<RebootLock>,
): Pick<RebootLock, 'acquire' | 'advance' | 'release' | 'look' | 'leave'> {
  return {
    acquire: async (...args) => (await open()).acquire(...args),
    advance: async (...args) => (await open()).advance(...args),
    release: async (...args) => (await open()).release(...args),
    look: async (...args) => (await open()).look(...args),
    leave: async (...args) => (await open()).leave(...args),
  };
}
