// SPDX-License-Identifier: Apache-2.0

import { controlPlace } from '../../providers/index.js';
import { fail } from '../errors.js';

export const sideKinds = ['leader', 'followers', 'split', 'one-way'] as const;
export type SideKind = (typeof sideKinds)[number];

/** Who hears whom: a place on one side hears the others of its side, and any place that is on none. */
export interface Partition {
  readonly sides: readonly (readonly string[])[];
  /** Only what the first side says is lost, and it goes on hearing the others. */
  readonly isOneWay: boolean;
}

/** What is lost: all that one of `from` sends to one of `to`. */
export interface Cut {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/**
 * - `leader`: the leader is cut off, with so many others that `width` are
 * - `followers`: `width` that do not lead are cut off
 * - `split`: no side has a majority
 * - `one-way`: as `leader`, who hears everybody and is heard by nobody
 *
 * @param names members, in the order in which they are taken
 */
export function planPartition(
  kind: SideKind,
  names: readonly string[],
  leader: string,
  width: number,
): Partition {
  const others = names.filter((name) => name !== leader);
  switch (kind) {
    case 'leader':
    case 'one-way': {
      const sides = [[leader, ...others.slice(0, width - 1)], others.slice(width - 1)];
      return { sides, isOneWay: kind === 'one-way' };
    }
    case 'followers':
      return { sides: [others.slice(0, width), [leader, ...others.slice(width)]], isOneWay: false };
    case 'split':
      return { sides: chunks(names, Math.max(1, Math.floor(names.length / 2))), isOneWay: false };
    default:
      return kind satisfies never;
  }
}

function chunks(names: readonly string[], size: number): readonly (readonly string[])[] {
  return names.length === 0 ? [] : [names.slice(0, size), ...chunks(names.slice(size), size)];
}

/**
 * Reads `core-01/core-02,core-03`. The control process, and what runs beside it, reaches all sides unless one names it.
 *
 * @throws `cli/usage`
 */
export function parseSides(text: string, names: readonly string[]): Partition {
  const sides = text.split('/').map((side) => side.split(',').map((name) => name.trim()));
  const all = sides.flat();
  const unknown = all.find((name) => name !== controlPlace && !names.includes(name));
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  const problem =
    (unknown !== undefined && `"${unknown}" is no member`) ||
    (twice !== undefined && `"${twice}" is on two sides`) ||
    (sides.length < 2 && 'one side is no partition');
  if (!problem) return { sides, isOneWay: false };
  throw fail('cli/usage', {
    problem: `--sides ${text}: ${problem}`,
    hint: `write ${sideKinds.join(', ')}, or names with / between the sides: core-01/core-02,core-03`,
  });
}

export function cutsOf({ sides, isOneWay }: Partition): readonly Cut[] {
  const all = sides.flatMap((from, index) =>
    sides.filter((_, other) => other !== index).map((to) => ({ from, to })),
  );
  return isOneWay ? all.filter(({ from }) => from === sides[0]) : all;
}

export function renderPartition({ sides, isOneWay }: Partition): string {
  return sides.map((side) => side.join(', ')).join(isOneWay ? ' unheard by ' : ' / ');
}
