// SPDX-License-Identifier: Apache-2.0

import { realClock, realFiles, realRandom } from '../effects/index.js';
import type { Kv } from '../etcd/index.js';
import { fail as lockFail, openRebootLock, type RebootLock, type Slots } from '../lock/index.js';
import { emptySnapshot } from '../registry/index.js';
import { foldLock, type LockHolderStatus, type LockStatus } from '../status/index.js';
import { readAppliedPlan } from './applied-plan.js';
import { countOthers } from './check-quorum.js';
import { findClusterFolder } from './cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { getControl } from './control-record.js';
import { fail } from './errors.js';
import { ageText } from './machine-table.js';
import { namedEndpoints } from './named-endpoints.js';
import { parseSeconds } from './parse-flags.js';
import { type Column, printJson, renderTable } from './print.js';
import { judgeGrant } from './reboot/judge-grant.js';
import { type LockMachines, lockMachines } from './reboot/lock-machines.js';
import { openSession, type Session } from './session.js';
import { withStore } from './with-store.js';

interface LockContext {
  readonly lock: RebootLock;
  /** As the lock calls it. */
  readonly group: string;
  readonly machines: LockMachines;
  /** Nothing where the lock is in any other store than a cluster's. */
  readonly session: Session | undefined;
  readonly isJson: boolean;
}

export async function runLockStatus(input: CommandInput): Promise<ExitCode> {
  return withLock(input, async (context) => {
    const status = await statusOf(context);
    if (context.isJson) printJson(status);
    else process.stdout.write(await renderStatus(status));
    return 0;
  });
}

export async function runLockSetMax(input: CommandInput): Promise<ExitCode> {
  const slots = parseSlots(input.args[0] ?? '');
  return withLock(input, async (context) => {
    const { lock, group, machines, session } = context;
    if (slots.kind === 'percent' && session === undefined) {
      const hint = 'give a number, or leave --endpoints out';
      throw fail('cli/usage', { problem: 'nobody knows how many machines there are', hint });
    }
    const { before, after } = await lock.setSlots(group, slots, machines.count);
    if (context.isJson) printJson(await statusOf(context));
    else process.stdout.write(`Old-Max: ${before}\nMax: ${after}\n`);
    return 0;
  });
}

export async function runLockAcquire(input: CommandInput): Promise<ExitCode> {
  const wait = textFlag(input.flags, 'wait');
  const waitMs = wait === undefined ? 0 : parseSeconds('--wait', wait) * 1_000;
  return withLock(input, async (context) => {
    const { lock, group, machines, session } = context;
    const client = await clientOf(input, machines);
    const until = realClock.monotonic() + waitMs;
    const request = {
      ...client,
      bootId: '',
      face: 'muster',
      waitMs: waitMs === 0 ? 0 : askEveryMs * 5,
    } as const;
    for (let told = ''; ; ) {
      const got = await lock.acquire(group, request, async (holders) => {
        const others = holders.map(({ id, machine }) => machines.find(id)?.name ?? machine);
        const snapshot = (await session?.registry.snapshot()) ?? emptySnapshot;
        return judgeGrant(snapshot, client.machine, others, await countOthers(snapshot));
      });
      if (got.kind === 'granted') {
        if (context.isJson) printJson(await statusOf(context));
        return 0;
      }
      const { why } = got.refusal;
      if (realClock.monotonic() >= until || input.signal.aborted) {
        await lock.leave(group, client.id);
        input.signal.throwIfAborted();
        throw lockFail('lock/held-by-others', { id: nameOf(client), why });
      }
      if (told !== why) process.stderr.write(`waiting: ${why}\n`);
      told = why;
      await realClock.sleep(askEveryMs, input.signal);
    }
  });
}

const askEveryMs = 1_000;

export async function runLockRelease(input: CommandInput): Promise<ExitCode> {
  return withLock(input, async (context) => {
    const { lock, group, machines } = context;
    const client = await clientOf(input, machines);
    // It may hold the lock by another of its IDs.
    const { holders } = await lock.look(group);
    const isSame = ({ id, machine }: { readonly id: string; readonly machine: string }) =>
      client.machine !== '' && (machines.find(id)?.name ?? machine) === client.machine;
    const held = holders.find(({ id }) => id === client.id) ?? holders.find(isSame);
    if (!(await lock.release(group, held?.id ?? client.id))) {
      throw lockFail('lock/not-held', { id: nameOf(client) });
    }
    if (context.isJson) printJson(await statusOf(context));
    return 0;
  });
}

export async function runLockPause(input: CommandInput): Promise<ExitCode> {
  return withLock(input, async (context) => {
    await context.lock.pause(context.group, textFlag(input.flags, 'reason') ?? 'by hand');
    if (context.isJson) printJson(await statusOf(context));
    return 0;
  });
}

export async function runLockResume(input: CommandInput): Promise<ExitCode> {
  return withLock(input, async (context) => {
    await context.lock.resume(context.group);
    if (context.isJson) printJson(await statusOf(context));
    return 0;
  });
}

function nameOf({ id, machine }: { readonly id: string; readonly machine: string }): string {
  return machine === '' ? id : `${machine} (${id})`;
}

/** A machine of the cluster by its name, or any ID; this computer when none is given. */
async function clientOf(
  { args }: CommandInput,
  machines: LockMachines,
): Promise<{ readonly id: string; readonly machine: string }> {
  const text = args[0] ?? (await realFiles.readText('/etc/machine-id'))?.trim() ?? '';
  if (args[0] !== undefined && !/^\P{Cc}+$/u.test(text)) {
    throw fail('cli/usage', { problem: 'that is no ID', hint: 'give a machine’s name or an ID in one line' });
  }
  if (text === '') {
    const hint = 'name a machine or give an ID';
    throw fail('cli/usage', { problem: 'this computer has no machine ID', hint });
  }
  const byName = machines.named(text);
  return byName === undefined
    ? { id: text, machine: machines.find(text)?.name ?? '' }
    : { id: byName.id, machine: byName.name };
}

function parseSlots(text: string): Slots {
  const percent = /^([0-9]{1,3})%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { kind: 'percent', percent: Number(percent) };
  if (/^[0-9]{1,4}$/.test(text)) return { kind: 'number', count: Number(text) };
  throw fail('cli/usage', {
    problem: `"${text}" is not a number of machines`,
    hint: 'give a number from 0, or a share like 25%',
  });
}

async function withLock(
  { flags }: CommandInput,
  use: (context: LockContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const named = textFlag(flags, 'group') ?? 'default';
  const isJson = textFlag(flags, 'output') === 'json';
  const context = (kv: Kv) => ({
    lock: openRebootLock({ kv, clock: realClock, random: realRandom }),
    group: named === 'default' ? '' : named,
    isJson,
  });
  return withStore(flags, async (kv) => {
    if (namedEndpoints(flags).length > 0) {
      return use({ ...context(kv), machines: lockMachines([]), session: undefined });
    }
    const cluster = findClusterFolder(flags);
    const session = openSession(await getControl(cluster));
    try {
      const plan = await readAppliedPlan(cluster, session);
      const machines = lockMachines([...plan.machines.values()].map(({ known }) => known));
      return await use({ ...context(kv), machines, session });
    } finally {
      await session.close();
    }
  });
}

async function statusOf({ lock, group, machines }: LockContext): Promise<LockStatus> {
  const state = await lock.look(group);
  return foldLock(group, state, (id) => machines.find(id)?.name ?? '', realClock.now());
}

const holderColumns: readonly Column<LockHolderStatus>[] = [
  { title: 'MACHINE ID', text: ({ id }) => id },
  { title: 'NAME', text: ({ machine }) => machine },
  { title: 'PHASE', text: ({ phase }) => phase },
  { title: 'SINCE', text: ({ since }) => ageText(since, Date.now()) },
  { title: 'REASON', text: ({ reason }) => reason },
];

/** The first lines are locksmithctl's. */
async function renderStatus({ available, max, paused, holders, waiters }: LockStatus): Promise<string> {
  const parts = [
    `Available: ${available}\nMax: ${max}\n${paused === '' ? '' : `Paused: ${paused}\n`}`,
    ...(holders.length === 0 ? [] : [await renderTable(holders, holderColumns)]),
    ...(waiters.length === 0
      ? []
      : [
          await renderTable(waiters, [
            { title: 'WAITING', text: ({ id }) => id },
            { title: 'NAME', text: ({ machine }) => machine },
            { title: 'SINCE', text: ({ since }) => ageText(since, Date.now()) },
            { title: 'REASON', text: ({ reason }) => reason },
          ]),
        ]),
  ];
  return parts.join('\n');
}
