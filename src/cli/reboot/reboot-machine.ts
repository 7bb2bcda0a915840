// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import { countOthers } from '../check-quorum.js';
import type { ClusterPlan } from '../cluster-plan.js';
import { type CommandInput, textFlag } from '../command.js';
import { parseSeconds } from '../parse-flags.js';
import { openProgress } from '../progress.js';
import { type Session, statusOf } from '../session.js';
import { drainMachine, undrainMachine } from './drain-machine.js';
import type { LockSession } from './lock-session.js';
import { type RebootOutcome, rebootOne } from './reboot-one.js';

export interface RebootMachineContext {
  readonly input: CommandInput;
  readonly session: Session;
  readonly plan: ClusterPlan;
  readonly locks: LockSession;
  readonly group: string;
  readonly timeoutMs: number;
}

/** Takes one machine through its reboot and shows on standard error how far it is. */
export async function rebootMachine(context: RebootMachineContext, name: string): Promise<RebootOutcome> {
  const { input, session, plan, locks, group, timeoutMs } = context;
  const machine = plan.machines.get(name);
  // One that runs, and that the cluster file does not name any more, is going anyway.
  if (machine === undefined)
    return { kind: 'failed', why: 'the cluster file does not name it', isHeld: false };
  const progress = await openProgress([name], 'joined');
  const { units } = session.registry;
  const tell = (text: string) => process.stderr.write(`${name}  ${text}\n`);
  try {
    return await rebootOne(
      {
        lock: locks.lock,
        registry: session.registry,
        clock: realClock,
        machines: locks.machines,
        serving: (snapshot) => countOthers(snapshot),
        drain: () =>
          drainMachine({ clock: realClock, units, tell }, machine.known.id, drainLimitMs, input.signal),
        undrain: () => undrainMachine(units, machine.known.id),
        tell,
        onSeen: (snapshot) =>
          progress.update(statusOf(plan, snapshot).machines.filter((one) => one.name === name)),
      },
      {
        name,
        id: machine.known.id,
        group,
        waitMs: parseSeconds('--wait', textFlag(input.flags, 'wait') ?? '600') * 1_000,
        returnMs: timeoutMs,
        wellMs: timeoutMs,
        settleMs: plan.spec.rebootLock.wellForSeconds * 1_000,
      },
      input.signal,
    );
  } finally {
    await progress.finish();
  }
}

/** Units that start elsewhere first have this long to be up there. */
const drainLimitMs = 120_000;
