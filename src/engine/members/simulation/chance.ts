// SPDX-License-Identifier: Apache-2.0

/** Chance as a schedule has it: the same for the same seed, on every computer. */
export interface Chance {
  /** 0 to `limit` - 1. */
  below(limit: number): number;
  /** `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True in that share of all cases. */
  is(share: number): boolean;
  /** `undefined` of an empty list. */
  oneOf<T>(list: readonly T[]): T | undefined;
  hex(length: number): string;
}

/** Source of the steps: Sebastiano Vigna's splitmix64 in its 32-bit form. */
export function seededChance(seed: number): Chance {
  const state = { at: seed >>> 0 };
  const next = () => {
    state.at = (state.at + 0x9e3779b9) >>> 0;
    const first = Math.imul(state.at ^ (state.at >>> 16), 0x21f0aaad);
    const second = Math.imul(first ^ (first >>> 15), 0x735a2d97);
    return ((second ^ (second >>> 15)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    is: (share) => next() < share,
    oneOf: (list) => list[below(list.length)],
    hex: (length) => Array.from({ length }, () => (1 + below(15)).toString(16)).join(''),
  };
}
