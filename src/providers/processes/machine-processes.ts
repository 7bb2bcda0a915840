// SPDX-License-Identifier: Apache-2.0

import type { Child, Clock, Exec, ProcessSighting } from '../../effects/index.js';
import { fail } from '../errors.js';

/**
 * Every process of a machine carries this variable. Its value is the folder that stands for the machine's `/`, which no
 * other machine has: two clusters may well have machines of the same ID.
 */
export const marker = 'MUSTER_MACHINE';

/** How long killed processes may take to be gone. */
const sweepLimitMs = 10_000;
const lookAgainMs = 25;

export interface ProcessDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  /** Of this very process. */
  readonly environment: Readonly<Record<string, string>>;
}

export async function isAlive(exec: Exec, main: ProcessSighting): Promise<boolean> {
  return (await exec.sight(main.pid))?.startedAt === main.startedAt;
}

/**
 * Asks a machine's main process to end, and kills it when it does not.
 *
 * @param child the same process, when this process started it: its end is then an event
 */
export async function stopProcess(
  deps: ProcessDeps,
  main: ProcessSighting,
  child: Child | undefined,
  { ask, limitMs }: { readonly ask: (main: ProcessSighting) => Promise<void>; readonly limitMs: number },
): Promise<void> {
  if (!(await isAlive(deps.exec, main))) return;
  await ask(main);
  if (await endsWithin(deps, main, child, limitMs)) return;
  await deps.exec.signal(main, 'SIGKILL');
  await endsWithin(deps, main, child, sweepLimitMs);
}

/**
 * Kills every process that carries the machine's marker: units whose agent was killed, an agent that was never
 * recorded. Looks again until there is none, since a process may start others while it is being killed.
 *
 * @throws `providers/processes-left`; `providers/inside-machine` when it would kill this process as well
 */
export async function sweep(deps: ProcessDeps, name: string, root: string): Promise<void> {
  if (deps.environment[marker] === root) throw fail('providers/inside-machine', { name });
  const end = deps.clock.monotonic() + sweepLimitMs;
  for (;;) {
    const left = await deps.exec.findByEnvironment(marker, root);
    if (left.length === 0) return;
    if (deps.clock.monotonic() >= end) {
      throw fail('providers/processes-left', { name, pids: left.map(({ pid }) => pid).join(', ') });
    }
    await Promise.all(left.map((main) => deps.exec.signal(main, 'SIGKILL')));
    await deps.clock.sleep(lookAgainMs);
  }
}

/** The kernel tells only a parent about an end: for the machines of an earlier process there is nothing but to look. */
async function endsWithin(
  deps: ProcessDeps,
  main: ProcessSighting,
  child: Child | undefined,
  limitMs: number,
): Promise<boolean> {
  const { clock, exec } = deps;
  if (child?.pid === main.pid) {
    const ended = new AbortController();
    await Promise.race([child.exited, clock.sleep(limitMs, ended.signal)]);
    ended.abort();
    return !(await isAlive(exec, main));
  }
  const end = clock.monotonic() + limitMs;
  while (await isAlive(exec, main)) {
    if (clock.monotonic() >= end) return false;
    await clock.sleep(lookAgainMs);
  }
  return true;
}
