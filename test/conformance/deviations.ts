// SPDX-License-Identifier: Apache-2.0

/**
 * A step in which an implementation answers otherwise than etcd 3.5: on purpose, or by a defect that is not mended yet,
 * which the reason then says.
 */
export interface Deviation {
  readonly who: 'ours' | 'etcd 3.4';
  readonly scenario: string;
  readonly step: string;
  readonly reason: string;
}

const grpcText =
  'defect: clients see the text of Go’s gRPC library, ours is another; status and effect are the same';

function rows(
  who: Deviation['who'],
  reason: string,
  scenario: string,
  steps: readonly string[],
): readonly Deviation[] {
  return steps.map((step) => ({ who, scenario, step, reason }));
}

/** All there are. One that is no longer seen fails the suite, as one that is not listed does. */
export const deviations: readonly Deviation[] = [
  ...rows('etcd 3.4', 'it is another release', 'status', ['release']),
  ...rows('etcd 3.4', 'it leaves the header out', 'alarm', [
    'none',
    'raise',
    'raise again',
    'listed',
    'lower',
    'lower again',
  ]),
  ...rows('etcd 3.4', 'it has no such method yet', 'auth', ['status of auth']),
  ...rows('ours', grpcText, 'put-sizes', ['far too large']),
  ...rows(
    'ours',
    'defect: a start below zero is refused as one that was compacted, etcd creates the watch',
    'watch-bounds',
    ['negative start'],
  ),
  ...rows(
    'ours',
    'defect: the header of a compacted watch has the revision, which etcd leaves out',
    'watch-compacted',
    ['created and ended'],
  ),
];
