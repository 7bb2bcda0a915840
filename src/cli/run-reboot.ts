// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../effects/index.js';
import type { Roll } from '../lock/index.js';
import { isMusterError } from '../model/index.js';
import { readAppliedPlan } from './applied-plan.js';
import { checkQuorum } from './check-quorum.js';
import { type ClusterFolder, findClusterFolder } from './cluster-folder.js';
import type { ClusterPlan } from './cluster-plan.js';
import { type CommandInput, type ExitCode, isOff, isSet, textFlag } from './command.js';
import { type ControlRecord, getControl } from './control-record.js';
import { fail } from './errors.js';
import { openExisting } from './existing.js';
import { followMachines } from './follow.js';
import { howCalled } from './machine-table.js';
import { checkNames, secondsFlag } from './parse-flags.js';
import { openProgress } from './progress.js';
import { openLockSession } from './reboot/lock-session.js';
import { planOrder } from './reboot/plan-order.js';
import { rebootMachine } from './reboot/reboot-machine.js';
import { adviceAfter, runRoll } from './reboot/run-roll.js';
import { switchImage } from './reboot/switch-image.js';
import { openSession, type Session } from './session.js';

interface Context {
  readonly input: CommandInput;
  readonly cluster: ClusterFolder;
  readonly control: ControlRecord;
  readonly session: Session;
  readonly timeoutMs: number;
  /** Empty: the default one. */
  readonly group: string;
}

export async function runReboot(input: CommandInput): Promise<ExitCode> {
  const { args, flags, signal } = input;
  checkFlags(input);
  const cluster = findClusterFolder(flags);
  const existing = await openExisting(cluster);
  const timeoutMs = secondsFlag(flags, 'timeout', existing.provider.joinSeconds) * 1000;
  const control = await getControl(cluster);
  checkNames(existing.name, await existing.machineNames(), args);
  const session = openSession(control);
  const named = textFlag(flags, 'group') ?? 'default';
  const context: Context = {
    ...{ input, cluster, control, session, timeoutMs },
    group: named === 'default' ? '' : named,
  };
  try {
    if (isSet(flags, 'rolling')) return await rollAll(context);
    if (!isSet(flags, 'discard')) await checkQuorum(await session.registry.snapshot(), args);
    // Where the store is given up there is nothing left to hold a lock in.
    if (isSet(flags, 'discard') || isOff(flags, 'lock')) return await rebootAtOnce(context);
    return await rebootInTurn(context);
  } catch (error) {
    const isAway = isMusterError(error) && error.code.startsWith('etcd/') && !signal.aborted;
    throw isAway ? fail('cli/no-reboot-lock', { why: error.message }, error) : error;
  } finally {
    await session.close();
  }
}

function checkFlags({ args, flags }: CommandInput): void {
  const isRolling = isSet(flags, 'rolling');
  const usage = (problem: string, hint: string) => fail('cli/usage', { problem, hint });
  if (!isRolling && args.length === 0) throw usage('no machine is named', 'name machines, or give --rolling');
  for (const name of ['image', 'resume', 'restart']) {
    if (!isRolling && flags[name] !== undefined && flags[name] !== false) {
      throw usage(`--${name} is only for --rolling`, 'give --rolling too');
    }
  }
  if (isRolling && (isOff(flags, 'lock') || isSet(flags, 'discard'))) {
    throw usage('a roll never goes without the lock', 'leave out --no-lock and --discard');
  }
}

/** All at the same time, whatever the lock says. */
async function rebootAtOnce(context: Context): Promise<ExitCode> {
  const { input, session, cluster, timeoutMs } = context;
  const names = input.args;
  const plan = await readAppliedPlan(cluster, session);
  const progress = await openProgress(names, 'joined');
  try {
    const { registry } = session;
    const order = await registry.machines.order(names, 'reboot', realClock.now());
    const goal = 'joined' as const;
    const { missed } = await followMachines(
      { registry, cluster, plan, names, order, goal, progress, timeoutMs },
      input.signal,
    );
    for (const { name, reason, state } of missed) {
      process.stderr.write(`error: ${name} did not come back: ${reason ?? state}\n`);
    }
    return missed.length === 0 ? 0 : 1;
  } finally {
    await progress.finish();
  }
}

/** One after another, each under the lock; stops at the first that does not come back. */
async function rebootInTurn(context: Context): Promise<ExitCode> {
  const { input, session, cluster } = context;
  const plan = await readAppliedPlan(cluster, session);
  await using locks = openLockSession(plan, session);
  const names = planOrder(input.args, await session.registry.snapshot());
  for (const name of names) {
    const outcome = await rebootMachine({ ...context, plan, locks }, name);
    if (input.signal.aborted) return 130;
    if (outcome.kind === 'done') continue;
    process.stderr.write(`error: the reboot of ${name} did not get through: ${outcome.why}\n`);
    if (outcome.isHeld) process.stderr.write(`  ${heldAdvice(name)}\n`);
    return 1;
  }
  return 0;
}

function heldAdvice(name: string): string {
  const me = howCalled();
  return `its place in the reboot lock is kept until it is well, and nobody else is given one; when that is not wanted: \`${me} lock release ${name}\`, \`${me} lock resume\``;
}

async function rollAll(context: Context): Promise<ExitCode> {
  const { input, session, cluster, control, group } = context;
  const image = textFlag(input.flags, 'image');
  const first = await readAppliedPlan(cluster, session);
  await using locks = openLockSession(first, session);
  const found = await locks.rolls.read(group);
  const isResumed = isSet(input.flags, 'resume');
  if (isResumed && (found === undefined || found.state === 'done')) throw fail('cli/no-roll');
  const isUnfinished = found !== undefined && found.state !== 'done';
  if (isUnfinished && !isResumed && !isSet(input.flags, 'restart')) {
    const left = found.machines.length - found.done.length;
    throw fail('cli/roll-unfinished', { at: found.at, left, why: found.reason || 'it was interrupted' });
  }
  const before = image === undefined ? '' : await switchImage(cluster, control, session, image);
  const plan = image === undefined ? first : await readAppliedPlan(cluster, session);
  const roll =
    isResumed && found !== undefined
      ? await resumed(context, plan, found)
      : await newRoll(context, plan, { image: image ?? '', before });
  if (image !== undefined) tellImage(image, before);
  // Whoever begins, or goes on, has seen why it was paused.
  await locks.lock.resume(group);
  const tell = (text: string) => process.stderr.write(`${text}\n`);
  const reboot = (name: string) => rebootMachine({ ...context, plan, locks }, name);
  const ended = await runRoll(
    { rolls: locks.rolls, clock: realClock, reboot, tell },
    group,
    roll,
    input.signal,
  );
  if (ended.state === 'done') {
    process.stdout.write(`${ended.done.length} of ${ended.machines.length} machines rebooted\n`);
    return 0;
  }
  for (const line of adviceAfter(ended, group, howCalled())) process.stderr.write(`${line}\n`);
  return input.signal.aborted ? 130 : 1;
}

function tellImage(image: string, before: string): void {
  const me = howCalled();
  const back =
    before === '' ? 'there was none before' : `\`${me} reboot --rolling --image ${before}\` goes back`;
  process.stderr.write(`machines boot image ${image} from now on; ${back}\n`);
}

async function newRoll(
  { input, session }: Context,
  plan: ClusterPlan,
  change: { readonly image: string; readonly before: string },
): Promise<Roll> {
  const names = input.args.length > 0 ? input.args : [...plan.machines.keys()];
  const snapshot = await session.registry.snapshot();
  const isOff = (name: string) => snapshot.lives.get(name)?.state === 'created' || !snapshot.lives.has(name);
  for (const name of names.filter(isOff)) process.stderr.write(`${name}  is off, and left so\n`);
  const machines = planOrder(
    names.filter((name) => !isOff(name)),
    snapshot,
  );
  return { startedAt: realClock.now(), ...change, machines, done: [], state: 'running', at: '', reason: '' };
}

/** What booted since the roll began has been through it, by whatever way. */
async function resumed({ session }: Context, plan: ClusterPlan, roll: Roll): Promise<Roll> {
  const snapshot = await session.registry.snapshot();
  const isThrough = (name: string) => {
    const known = plan.machines.get(name)?.known;
    const node = known && snapshot.nodes.get(known.id);
    return snapshot.lives.get(name)?.state === 'joined' && (node?.startedAt ?? 0) > roll.startedAt;
  };
  const machines = roll.machines.filter((name) => plan.machines.has(name));
  const left = machines.filter((name) => !roll.done.includes(name));
  const done = [...roll.done.filter((name) => plan.machines.has(name)), ...left.filter(isThrough)];
  return {
    ...roll,
    machines: [
      ...done,
      ...planOrder(
        left.filter((name) => !isThrough(name)),
        snapshot,
      ),
    ],
    done,
  };
}
