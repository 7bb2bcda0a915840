// SPDX-License-Identifier: Apache-2.0

/** The same choices for the same seed, on every computer. */
export interface SeededRandom {
  /** 0 to `limit` - 1. */
  below(limit: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** Source of the steps: Sebastiano Vigna's splitmix64 in its 32-bit form. */
export function seededRandom(seed: number): SeededRandom {
  const state = { at: seed >>> 0 };
  const next = () => {
    state.at = (state.at + 0x9e3779b9) >>> 0;
    const first = Math.imul(state.at ^ (state.at >>> 16), 0x21f0aaad);
    const second = Math.imul(first ^ (first >>> 15), 0x735a2d97);
    return ((second ^ (second >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (share) => next() < share,
    pick(list) {
      const found = list[Math.floor(next() * list.length)];
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
  };
}
