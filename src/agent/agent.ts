// SPDX-License-Identifier: Apache-2.0

import type { Gunzip } from '../cloudconfig/index.js';
import type { Clock, Exec, Files, HttpGet, Log, Random } from '../effects/index.js';
import { randomHex } from '../effects/index.js';
import { leaveLease } from '../etcd/index.js';
import type { Machine, MachineFacts } from '../model/index.js';
import type { NodeState } from '../registry/index.js';
import { settleCardAddress } from './card-address.js';
import { type ChangeCounter, openChangeCounter } from './change-counter.js';
import { type Configuration, openConfiguration } from './configuration.js';
import { messageOf } from './errors.js';
import { fetchUserData } from './fetch-user-data.js';
import { followSchedule } from './follow-schedule.js';
import { type KernelArguments, parseKernelArguments } from './kernel-arguments.js';
import { collectFacts, prepareRoot } from './node-identity.js';
import { planNode } from './node-plan.js';
import { type Membership, runRegistration } from './registration.js';
import { openScheduledUnits, type ScheduledUnits } from './scheduled-units.js';
import { mountStoreDisk } from './store-disk.js';
import type { Supervisor, UnitStatus } from './supervisor.js';
import type { NodeContext } from './unit-process.js';

export interface AgentDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
  readonly httpGet: HttpGet;
  /** For user-data alone, whose server may be trusted by other authorities than all else; `httpGet` when left out. */
  readonly userDataGet?: HttpGet;
  readonly log: Log;
  readonly random: Random;
  /** Whether this process may give files to other users. */
  readonly isSuperuser: boolean;
  /** Unpacks gzip, throws when it is none; without it, packed user-data is a problem of the node. */
  readonly gunzip?: Gunzip;
  readonly openSupervisor: (context: NodeContext) => Supervisor;
  /** Called again after it, or what it returned, failed for good. */
  readonly openMembership: (endpoints: readonly string[]) => Promise<Membership>;
  /**
   * Called once when the machine is as it is to be but for its units, which are started from then on; also when there
   * is nothing to be done.
   */
  readonly onPrepared?: () => void;
  /** The machine's own IPv4 addresses, for one that was not told them. */
  readonly ownAddresses?: () => readonly string[];
}

export interface AgentOptions {
  /** The kernel's command line. */
  readonly commandLine: string;
  /** The folder that stands for `/`, absolute. */
  readonly root: string;
  /** Of muster, as the machine object shows it. */
  readonly version: string;
  /** 32 hex digits, of the kernel that runs; a new one when left out. */
  readonly bootId?: string;
}

interface Node {
  readonly facts: MachineFacts;
  readonly supervisor: Supervisor;
  readonly scheduled: ScheduledUnits;
  readonly configuration: Configuration;
  readonly bootId: string;
  readonly startedAt: number;
  /** Steps when `progress` has changed. */
  readonly changes: ChangeCounter;
  readonly progress: { stage: NodeState['stage'] };
}

/**
 * The agent of a machine: takes its configuration, performs it, announces the machine and runs its units until
 * `signal` fires. When the machine goes down it stops them and gives the lease back; else it leaves both to the next
 * agent. It registers before the first action, so that a unit
 * that hangs can be seen. A store that is away never touches the units.
 *
 * @throws `agent/kernel-argument`, `agent/user-data-refused`, `agent/user-data-url`; later problems are announced
 */
export async function runAgent(deps: AgentDeps, options: AgentOptions, signal: AbortSignal): Promise<void> {
  const args = parseKernelArguments(options.commandLine);
  const node = await openNode(deps, options, args, signal);
  if (node === undefined) return;
  const registered = new AbortController();
  const registration = register(deps, options, args, node, registered.signal, signal);
  const configured = configure(node, signal);
  let isGoingDown = true;
  try {
    await aborted(signal);
    isGoingDown = await node.supervisor.isGoingDown();
    if (isGoingDown) advance(node, 'stopping');
    await node.supervisor.stopAll();
    await configured;
    await node.configuration.idle();
  } finally {
    // A machine that stays is not to be missed while its next agent starts.
    registered.abort(isGoingDown ? undefined : leaveLease);
    await registration;
  }
}

async function openNode(
  deps: AgentDeps,
  options: AgentOptions,
  args: KernelArguments,
  signal: AbortSignal,
): Promise<Node | undefined> {
  const { root } = options;
  const startedAt = deps.clock.now();
  await prepareRoot(deps.files, root);
  const hardware = root === '/' ? await prepareHardware(deps, args, signal) : [];
  const facts = await collectFacts(deps, root, args, deps.ownAddresses);
  const hasUserData = args.userDataUrl !== '';
  const fetching = { ...deps, httpGet: deps.userDataGet ?? deps.httpGet };
  const body = hasUserData ? await fetchUserData(fetching, args.userDataUrl, signal) : new Uint8Array();
  if (body === undefined || signal.aborted) return undefined;
  // muster's boot server fills in variables itself; one that does not know muster cannot.
  const isForeign = args.name === '';
  const planned = await planNode(deps, body, facts, { fillsVariables: isForeign });
  const plan = { ...planned, problems: [...hardware, ...planned.problems] };
  const bootId = options.bootId ?? randomHex(deps.random, 16);
  const hostname = plan.hostname || facts.hostname;
  const supervisor = deps.openSupervisor({ root, machineId: facts.machineId, bootId, hostname });
  for (const problem of plan.problems) deps.log.error('a problem of this node', { problem });
  const changes = openChangeCounter();
  const configuration = openConfiguration(
    { ...deps, supervisor },
    { root, facts, bootId, onChange: () => changes.step(), onPrepared: () => deps.onPrepared?.() },
    { body, plan },
  );
  return {
    facts,
    supervisor,
    scheduled: openScheduledUnits({ ...deps, supervisor, root }),
    configuration,
    bootId,
    startedAt,
    changes,
    progress: { stage: 'configuring' },
  };
}

/** What the machine is told of its own parts. Returns what is wrong with them. */
async function prepareHardware(
  deps: AgentDeps,
  { address, disk }: KernelArguments,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const problems = await Promise.all([
    address === undefined ? undefined : settleCardAddress(deps, address, signal),
    disk === '' ? undefined : mountStoreDisk(deps, disk),
  ]);
  return problems.filter((problem) => problem !== undefined);
}

async function configure(node: Node, signal: AbortSignal): Promise<void> {
  await node.configuration.begin(signal);
  if (signal.aborted) return;
  advance(node, 'running');
  await node.configuration.watchDrift(signal);
}

function advance(node: Node, stage: NodeState['stage']): void {
  node.progress.stage = stage;
  node.changes.step();
}

async function register(
  deps: AgentDeps,
  options: AgentOptions,
  args: KernelArguments,
  node: Node,
  signal: AbortSignal,
  stopping: AbortSignal,
): Promise<void> {
  if (args.etcdEndpoints.length === 0) {
    deps.log.warn('no store is named, this machine does not register');
    return;
  }
  await runRegistration(
    {
      clock: deps.clock,
      log: deps.log,
      openMembership: () => deps.openMembership(args.etcdEndpoints),
      describe: async () => {
        const machine = machineOf(node, args, options.version);
        return { machine, state: await stateOf(node, machine) };
      },
      follow: () => followChanges(node),
      whileHeld: async (membership, lease, lost) => {
        const port = membership.schedule?.(lease, node.facts.machineId, node.facts.name);
        const { supervisor, scheduled } = node;
        await Promise.all([
          followOrders(deps, node, membership, lost, stopping),
          port && followSchedule({ ...deps, supervisor, scheduled, port }, lost),
        ]);
      },
    },
    args.ttlSeconds,
    signal,
  );
}

/** Takes over configurations as they are ordered. A watch that fails is begun anew: it is no reason to lose the lease. */
async function followOrders(
  { clock, log }: AgentDeps,
  node: Node,
  membership: Membership,
  lost: AbortSignal,
  stopping: AbortSignal,
): Promise<void> {
  const warn = (error: unknown) => log.warn('cannot follow the configuration', { reason: messageOf(error) });
  while (!lost.aborted) {
    try {
      for await (const standing of membership.watchConfig(node.facts.name, lost)) {
        // Not waited for: a unit that hangs must not keep the machine from announcing itself.
        node.configuration.take(standing, stopping).catch(warn);
      }
    } catch (error) {
      warn(error);
    }
    await clock.sleep(watchPauseMs, lost);
  }
}

const watchPauseMs = 1_000;

function machineOf(node: Node, args: KernelArguments, version: string): Machine {
  const { facts } = node;
  const plan = node.configuration.plan();
  return {
    id: facts.machineId,
    publicIp: plan.publicIp || facts.publicIpv4,
    metadata: { ...args.metadata, ...plan.metadata },
    version,
  };
}

async function stateOf(node: Node, machine: Machine): Promise<NodeState> {
  const scheduled = node.scheduled.names();
  const units = (await node.supervisor.list()).filter(({ name }) => !scheduled.has(name));
  const { member } = memberOf(units);
  return {
    name: node.facts.name,
    bootId: node.bootId,
    privateIp: node.facts.privateIpv4,
    publicIp: machine.publicIp,
    startedAt: node.startedAt,
    stage: node.progress.stage,
    units: units.map(({ name, active, sub, reason }) => ({
      name,
      active,
      sub,
      ...(reason === undefined ? {} : { reason }),
    })),
    problems: [...node.configuration.problems(), ...(member?.problems ?? [])],
    config: node.configuration.view(),
    ...(member && { member }),
  };
}

/** At most one unit of a node runs the store's member. */
function memberOf(units: readonly UnitStatus[]): Pick<NodeState, 'member'> {
  const found = units.find(({ member }) => member !== undefined);
  return found?.member === undefined ? {} : { member: found.member };
}

/** The node's own changes and those of its units, as one. */
function followChanges(node: Node): (signal: AbortSignal) => Promise<void> {
  let seenOwn = -1;
  let seenUnits = -1;
  return async (signal) => {
    // Not `AbortSignal.any`, which in Node 20 keeps something of each call as long as `signal` lives.
    const done = new AbortController();
    const end = () => done.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const own = node.changes.changed(seenOwn, done.signal);
    const units = node.supervisor.changed(seenUnits, done.signal);
    await Promise.race([own, units]);
    end();
    signal.removeEventListener('abort', end);
    seenOwn = await own;
    seenUnits = await units;
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
