// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../../effects/index.js';
import type { Roll, Rolls } from '../../lock/index.js';
import type { RebootOutcome } from './reboot-one.js';

export interface RunRollDeps {
  readonly rolls: Rolls;
  readonly clock: Clock;
  readonly reboot: (name: string) => Promise<RebootOutcome>;
  readonly tell: (text: string) => void;
}

/**
 * One machine after another; stops at the first that does not get through. What it has come to is written down before and
 * after each, so that another process can go on.
 */
export async function runRoll(
  deps: RunRollDeps,
  group: string,
  roll: Roll,
  signal: AbortSignal,
): Promise<Roll> {
  let current: Roll = { ...roll, state: 'running', reason: '' };
  const write = async (change: Partial<Roll>) => {
    current = { ...current, ...change };
    await deps.rolls.write(group, current);
  };
  for (const name of roll.machines) {
    if (current.done.includes(name)) continue;
    await write({ at: name });
    deps.tell(`${name}  is next, ${current.done.length} of ${roll.machines.length} done`);
    const outcome = await deps.reboot(name);
    if (outcome.kind === 'failed' || signal.aborted) {
      const reason = outcome.kind === 'failed' ? outcome.why : 'interrupted';
      const done = outcome.kind === 'done' ? [...current.done, name] : current.done;
      await write({ state: 'stopped', reason, done });
      return current;
    }
    await write({ done: [...current.done, name] });
  }
  await write({ state: 'done', at: '' });
  return current;
}

/** Lines that say how to go on, and how to go back. */
export function adviceAfter(roll: Roll, group: string, me: string): readonly string[] {
  const flag = group === '' ? '' : ` --group ${group}`;
  const left = roll.machines.length - roll.done.length;
  return [
    `error: stopped at ${roll.at}: ${roll.reason}; ${roll.done.length} of ${roll.machines.length} done, ${left} left as they were`,
    `  look at \`${me} status\` and \`${me} logs ${roll.at}\`; once it is mended: \`${me} reboot --rolling --resume${flag}\``,
    ...(roll.image === ''
      ? []
      : [
          roll.before === ''
            ? `  to go back: take \`image: ${roll.image}\` out of the cluster file or write the one before, \`${me} up\`, then \`${me} reboot --rolling --restart${flag}\``
            : `  to go back: \`${me} reboot --rolling --image ${roll.before} --restart${flag}\``,
        ]),
  ];
}
