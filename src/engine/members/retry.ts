// SPDX-License-Identifier: Apache-2.0

import type { MemberPlace } from '../../registry/index.js';

const firstPauseMs = 2_000;
const longestPauseMs = 60_000;

/** How long to leave a machine alone after so many tries in a row that led to nothing, in milliseconds; 0 after none. */
export function retryAfterMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
}

/** The place of a member that has come to serve: whatever comes next is no repetition. */
export function settled(place: MemberPlace): MemberPlace {
  return { ...place, at: 0, failures: 0 };
}

/** How many tries in a row there were without one that led to a member, the one of `place` included. */
export function failuresAfter(place: MemberPlace | undefined): number {
  return place === undefined || place.at === 0 ? 0 : place.failures + 1;
}
