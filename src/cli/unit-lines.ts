// SPDX-License-Identifier: Apache-2.0

import type { ClusterStatus } from '../status/index.js';

/** More would hide the machines; `muster unit list` has all. */
const mostLines = 8;

/** How the cluster's units do, in one line, and in one more for each that does not do well; nothing without units. */
export function unitLines({ machines, waitingUnits = [] }: ClusterStatus): readonly string[] {
  const all = machines.flatMap(({ name: machine, scheduledUnits = [] }) =>
    scheduledUnits.map((unit) => ({ ...unit, machine })),
  );
  if (all.length === 0 && waitingUnits.length === 0) return [];
  const failed = all.filter(({ active }) => active === 'failed');
  const counts = [
    [all.filter(({ active }) => active === 'active').length, 'active'],
    [all.filter(({ active }) => active !== 'active' && active !== 'failed').length, 'inactive'],
    [failed.length, 'failed'],
    [waitingUnits.length, 'without a machine'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const troubles = [
    ...failed.map(
      ({ name, machine, reason }) =>
        `${name} failed on ${machine}${reason === undefined ? '' : `: ${reason}`}`,
    ),
    ...waitingUnits.map((name) => `${name} has no machine: muster unit why ${name}`),
  ];
  const more = troubles.length - mostLines;
  return [
    told.join(', '),
    ...troubles.slice(0, mostLines),
    ...(more > 0 ? [`and ${more} more: muster unit list`] : []),
  ];
}
