// SPDX-License-Identifier: Apache-2.0

import type { MachineId, MachineRole } from '../model/index.js';
import type {
  BootRecord,
  ClusterSnapshot,
  MachineLife,
  NodeConfig,
  NodeState,
  StoreView,
  UnitTable,
} from '../registry/index.js';
import { type BootStatus, bootText, foldBoot } from './boot-status.js';
import type { LockStatus } from './lock-status.js';
import { foldScheduled, foldWaiting, type ScheduledUnitStatus } from './scheduled-units.js';

/** What `muster status -o json` prints. Fields are only ever added. */
export interface ClusterStatus {
  readonly cluster: string;
  /** `ok`: every machine has joined; `degraded`: some have; `down`: none has, or nobody answers. */
  readonly state: 'ok' | 'degraded' | 'down';
  /** Why it is not `ok`, in one sentence; empty when it is. */
  readonly reason: string;
  readonly endpoints: { readonly control: string; readonly etcd: readonly string[] };
  readonly machines: readonly MachineStatus[];
  /** Of the etcd cluster that the machines run; nothing where the store is embedded. */
  readonly store?: StoreStatus;
  /** Units that are to be somewhere and are nowhere, by name; missing where nobody has looked. */
  readonly waitingUnits?: readonly string[];
  /** Who may reboot, by group; missing where nobody has looked yet. */
  readonly rebootLocks?: readonly LockStatus[];
}

/** How the etcd cluster does, and what is being done about it. */
export interface StoreStatus {
  readonly state: StoreView['state'];
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  /** Hex; empty: not formed yet. */
  readonly clusterId: string;
  /** Machine that leads; empty: nobody, or nobody knows. */
  readonly leader: string;
  /** What machines of others are given as `--discovery`; missing with another kind of bootstrap. */
  readonly discovery?: string;
  readonly members: readonly StoreMemberStatus[];
}

export interface StoreMemberStatus {
  readonly machine: string;
  /** Member ID, hex; empty: it has none. */
  readonly id: string;
  readonly state: StoreView['members'][string]['state'];
  readonly isLeader: boolean;
  readonly reason: string;
  /** RFC 3339; since when it is in this state. */
  readonly since: string;
}

export interface MachineStatus {
  readonly name: string;
  /** Empty before the cluster was brought up for the first time. */
  readonly id: MachineId | '';
  readonly role: MachineRole;
  /** `starting` until the provider has powered it on; the rest as in the machine's life cycle. */
  readonly state: MachineLife['state'] | 'starting' | 'unknown';
  readonly privateIp: string;
  readonly publicIp: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** RFC 3339; empty: never. */
  readonly lastSeen: string;
  /** RFC 3339; since when it is in this state; empty: unknown. */
  readonly since: string;
  readonly reason?: string;
  /** What went wrong on the machine although it joined. */
  readonly problems: readonly string[];
  /** Its own; those of the cluster are `scheduledUnits`. */
  readonly units: NodeState['units'];
  /** Units of the cluster that it has or is to have, by name; missing where nobody has looked. */
  readonly scheduledUnits?: readonly ScheduledUnitStatus[];
  /** Its last boot; nothing where none was seen. */
  readonly boot?: BootStatus;
  /** How it stands to its configuration; nothing before it has announced itself. */
  readonly config?: NodeConfig;
}

/** A machine as the cluster file has it, with what was minted for it. */
export interface KnownMachine {
  readonly name: string;
  readonly id: MachineId;
  readonly role: MachineRole;
  readonly privateIp: string;
  readonly publicIp: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface StatusInput {
  readonly cluster: string;
  readonly endpoints: ClusterStatus['endpoints'];
  readonly machines: readonly KnownMachine[];
  /** `embedded` when left out. */
  readonly store?: 'embedded' | 'etcd';
  readonly snapshot: ClusterSnapshot;
  /** When each machine last renewed its lease, milliseconds since 1970, where that was asked. */
  readonly renewedAt: ReadonlyMap<MachineId, number>;
  readonly rebootLocks?: readonly LockStatus[];
  /** Nothing where they are not asked for. */
  readonly units?: UnitTable;
}

/** Folds everything that is known into what a person wants to see. Pure; machines in the cluster file's order. */
export function foldStatus(input: StatusInput): ClusterStatus {
  const scheduled = input.units && foldScheduled(input.units);
  const machines = input.machines.map((machine) => {
    const folded = foldMachine(input, machine);
    return scheduled === undefined ? folded : { ...folded, scheduledUnits: scheduled.get(machine.id) ?? [] };
  });
  const joined = machines.filter((machine) => machine.state === 'joined').length;
  const present = joined === machines.length ? 'ok' : joined === 0 ? 'down' : 'degraded';
  const store = input.store === 'etcd' ? foldStore(input.snapshot) : undefined;
  const state = store === undefined ? present : worse(present, store);
  const reasons = [
    ...(present === 'ok' ? [] : [`${joined} of ${machines.length} machines have joined`]),
    ...(store === undefined || store.state === 'ok' ? [] : [`store ${store.state}: ${store.reason}`]),
  ];
  return {
    cluster: input.cluster,
    state,
    reason: reasons.join('; '),
    endpoints: input.endpoints,
    machines,
    ...(store === undefined ? {} : { store }),
    ...(input.units === undefined ? {} : { waitingUnits: foldWaiting(input.units) }),
    ...(input.rebootLocks === undefined ? {} : { rebootLocks: input.rebootLocks }),
  };
}

function worse(machines: ClusterStatus['state'], store: StoreStatus): ClusterStatus['state'] {
  if (machines === 'down' || store.state === 'no-quorum') return 'down';
  return store.state === 'ok' ? machines : 'degraded';
}

function foldStore({ store, storeView }: ClusterSnapshot): StoreStatus {
  const view = storeView ?? {
    state: 'waiting',
    reason: 'not looked at yet',
    since: 0,
    leader: '',
    members: {},
  };
  const members = Object.entries(view.members).map(
    ([machine, { id, state, reason, since }]): StoreMemberStatus => ({
      machine,
      id,
      state,
      isLeader: id !== '' && id === view.leader,
      reason,
      since: timeText(since),
    }),
  );
  return {
    state: view.state,
    reason: view.reason,
    since: timeText(view.since),
    clusterId: store?.clusterId ?? '',
    leader: members.find(({ isLeader }) => isLeader)?.machine ?? '',
    ...(store?.discovery && { discovery: store.discovery.url }),
    members,
  };
}

function foldMachine({ snapshot, renewedAt }: StatusInput, known: KnownMachine): MachineStatus {
  const { name, id, role } = known;
  const life = snapshot.lives.get(name);
  const announced = snapshot.machines.get(id);
  const node = snapshot.nodes.get(id);
  const state = stateOf(snapshot, name, life);
  const lastSeen = state === 'joined' ? (renewedAt.get(id) ?? life?.lastSeen) : life?.lastSeen;
  const record = snapshot.boots.get(name);
  const reason = reasonOf(record, state, life, node);
  const boot = record && foldBoot(record, state === 'joined' ? life : undefined, node);
  return {
    name,
    id,
    role,
    state,
    privateIp: node?.privateIp || known.privateIp,
    publicIp: announced?.publicIp || known.publicIp,
    metadata: announced?.metadata ?? known.metadata,
    lastSeen: timeText(lastSeen),
    since: timeText(life?.since),
    ...(reason === '' ? {} : { reason }),
    problems: node?.problems ?? [],
    units: node?.units ?? [],
    ...(boot === undefined ? {} : { boot }),
    ...(node?.config === undefined ? {} : { config: node.config }),
  };
}

function stateOf(
  snapshot: ClusterSnapshot,
  name: string,
  life: MachineLife | undefined,
): MachineStatus['state'] {
  const order = snapshot.orders.get(name);
  const isPending = order !== undefined && order.modRevision > (life?.handledOrder ?? 0);
  if (isPending && order.want === 'on' && life?.state !== 'joined') return 'starting';
  return life?.state ?? 'absent';
}

function reasonOf(
  boot: BootRecord | undefined,
  state: MachineStatus['state'],
  life: MachineLife | undefined,
  node: NodeState | undefined,
): string {
  const isOfThisLife = boot !== undefined && boot.at >= (life?.since ?? 0) - bootBeforeLifeMs;
  if (state === 'booting' || state === 'rebooting') {
    if (node !== undefined && node.bootId !== life?.bootId) return configuring(node);
    return isOfThisLife ? bootText(boot) : 'nothing heard of it yet';
  }
  if (state === 'joined' || state === 'starting') return state === 'starting' ? '' : (life?.reason ?? '');
  // It was seen since, on its way up: that tells more than what it was before.
  if (isOfThisLife && (boot.at > (life?.since ?? 0) || boot.waits !== undefined)) return bootText(boot);
  // It stopped on its way up.
  const stopped =
    state === 'lost' && boot !== undefined && boot.at > (life?.lastSeen ?? 0) ? bootText(boot) : '';
  const reasons = [life?.reason ?? '', stopped === '' ? '' : `got no further than: ${stopped}`];
  return reasons.filter((text) => text !== '').join('; ');
}

function configuring(node: NodeState): string {
  const waiting = node.units.filter(({ active }) => active === 'activating').map(({ name }) => name);
  return waiting.length === 0 ? 'applying its configuration' : `starting ${waiting.join(', ')}`;
}

/** A machine may fetch its script before the engine has written down that it was powered on. */
const bootBeforeLifeMs = 2_000;

function timeText(at: number | undefined): string {
  return at === undefined || at === 0 ? '' : new Date(at).toISOString();
}
