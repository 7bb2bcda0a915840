// SPDX-License-Identifier: Apache-2.0

/**
 * A step in which an implementation answers otherwise than etcd 3.5: on purpose, or by a defect that is not mended yet,
 * which the reason then says.
 */
export interface Deviation {
  readonly who: 'ours' | 'etcd 3.4';
  readonly scenario: string;
  /** `any`: one at least. */
  readonly step: string;
  readonly reason: string;
}

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
  ...rows('etcd 3.4', 'it leaves the header out, and lists in any order', 'alarm-forms', ['any']),
  ...rows('etcd 3.4', 'it leaves the header out', 'alarm-corrupt', ['alarms']),
  ...rows('etcd 3.4', 'it has no such method yet', 'auth', ['status of auth']),
  ...rows('etcd 3.4', 'it has no such method yet', 'downgrade', ['any']),
  ...rows(
    'ours',
    'it is served so that stock gRPC tools find the methods; etcd has it in no release',
    'reflection',
    ['v1', 'v1alpha'],
  ),
  ...rows('etcd 3.4', 'it cuts a password off behind 72 bytes', 'auth-passwords', [
    'add one with 73 bytes',
    'at first, 73 bytes',
    'change 73 bytes',
    'a longer one',
  ]),
  ...rows('etcd 3.4', 'it looks at tokens even while auth is off', 'auth-tokens', [
    'when auth is off: read',
    'when auth is off: write',
    'when auth is off: itself',
  ]),
];
