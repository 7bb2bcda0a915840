// SPDX-License-Identifier: Apache-2.0

import { type FlagValues, textFlag } from './command.js';
import { fail } from './errors.js';

/** A whole number of seconds, 1 to 86400. @throws `cli/usage` */
export function parseSeconds(flag: string, text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400) return seconds;
  throw fail('cli/usage', {
    problem: `${flag} "${text}" is not a time`,
    hint: 'give whole seconds, 1 to 86400',
  });
}

/** The seconds given for a flag, or those that count without. @throws `cli/usage` */
export function secondsFlag(flags: FlagValues, name: string, otherwise: number): number {
  const text = textFlag(flags, name);
  return text === undefined ? otherwise : parseSeconds(`--${name}`, text);
}

/** A whole number from 1 to 100000. @throws `cli/usage` */
export function parseCount(flag: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 100_000) return count;
  throw fail('cli/usage', {
    problem: `${flag} "${text}" is not a number of things`,
    hint: 'give a whole number, 1 to 100000',
  });
}

/** @throws `cli/unknown-machine` for the first name that is not among those known */
export function checkNames(cluster: string, known: readonly string[], names: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw fail('cli/unknown-machine', {
    name: unknown,
    cluster: `cluster "${cluster}"`,
    known: known.join(', '),
  });
}
