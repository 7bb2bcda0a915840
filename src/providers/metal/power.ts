// SPDX-License-Identifier: Apache-2.0

import { type Exec, timeLimit } from '../../effects/index.js';
import type { MachineOrder } from '../provider.js';
import { placeholders } from './options.js';

export interface PowerDeps {
  readonly exec: Exec;
  /** Of the command. */
  readonly environment: Readonly<Record<string, string>>;
}

export type PowerAction = 'on' | 'off' | 'status';

/** Longer than the slowest of management controllers takes. */
const limitMs = 60_000;

/**
 * Runs the operator's power command for one machine, without a shell. Returns what it printed.
 *
 * @throws an error that tells what the command said, when it fails or takes too long
 */
export async function runPower(
  { exec, environment }: PowerDeps,
  words: readonly string[],
  order: MachineOrder,
  action: PowerAction,
): Promise<string> {
  const [program = '', ...args] = fillIn(words, order, action);
  const limit = timeLimit(limitMs);
  const { code, signal, stdout, stderr } = await exec.run(program, args, { env: environment, signal: limit });
  if (code === 0) return stdout;
  const said = lastLine(stderr) || lastLine(stdout) || (signal ?? `exit code ${code}`);
  throw new Error(
    `the power command failed (${action}): ${limit.aborted ? `no end after ${limitMs / 1_000} s` : said}`,
  );
}

/** Whether the machine has power; `undefined`: the command does not say. */
export async function readPower(
  deps: PowerDeps,
  words: readonly string[],
  order: MachineOrder,
): Promise<'on' | 'off' | undefined> {
  const said = (await runPower(deps, words, order, 'status')).match(/\b(on|off)\b/gi)?.at(-1);
  return said === undefined ? undefined : said.toLowerCase() === 'on' ? 'on' : 'off';
}

/** The words of the command for one machine. Pure. */
export function fillIn(
  words: readonly string[],
  order: MachineOrder,
  action: PowerAction,
): readonly string[] {
  const { name, mac, uuid, serial, address } = order;
  const values: Readonly<Record<(typeof placeholders)[number], string>> = {
    ...{ action, name, mac, uuid, serial, address },
  };
  return words.map((word) =>
    placeholders.reduce((text, key) => text.replaceAll(`{${key}}`, () => values[key]), word),
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
