// SPDX-License-Identifier: Apache-2.0

import { relative } from 'node:path';
import type { ClusterStatus, MachineStatus } from '../status/index.js';
import type { Column } from './print.js';

/** The columns of every listing of machines. */
export const machineColumns: readonly Column<MachineStatus>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'MACHINE ID', text: ({ id }) => id },
  { title: 'STATE', text: ({ state }) => state },
  { title: 'PRIVATE IP', text: ({ privateIp }) => privateIp },
  { title: 'PUBLIC IP', text: ({ publicIp }) => publicIp },
  {
    title: 'METADATA',
    text: ({ metadata }) =>
      Object.entries(metadata)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
  },
  { title: 'UNITS', text: unitsText },
  { title: 'LAST SEEN', text: ({ lastSeen }) => ageText(lastSeen, Date.now()) },
  { title: 'REASON', text: (machine) => machine.reason ?? machine.problems[0] ?? driftText(machine) },
];

/** That a machine is not as it was configured, with the first thing that differs. */
function driftText({ config }: MachineStatus): string {
  const [first, ...others] = config?.drift ?? [];
  if (first === undefined) return '';
  return `drifted: ${first}${others.length === 0 ? '' : `, and ${others.length} more`}`;
}

/** How many units of the cluster it has, and how many of them failed. */
function unitsText({ scheduledUnits }: MachineStatus): string {
  if (scheduledUnits === undefined) return '';
  const failed = scheduledUnits.filter(({ active }) => active === 'failed').length;
  return `${scheduledUnits.length}${failed === 0 ? '' : ` (${failed} failed)`}`;
}

const ageUnits = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** How long ago, to the largest unit: `now`, `12s ago`, `3h ago`; empty for never. */
export function ageText(time: string, now: number): string {
  if (time === '') return '';
  const seconds = Math.floor((now - Date.parse(time)) / 1000);
  const unit = ageUnits.find(([size]) => seconds >= size);
  // Half a lease is as fresh as it gets.
  return unit === undefined || seconds < 5 ? 'now' : `${Math.floor(seconds / unit[0])}${unit[1]} ago`;
}

/**
 * The lines to type next, ready to be copied.
 *
 * @param wayIn what a command line begins with to reach the machines
 */
export function nextSteps(status: ClusterStatus, wayIn: readonly string[]): string {
  const into = wayIn.map((word) => `${word} `).join('');
  const etcd = status.endpoints.etcd[0] ?? '';
  const me = howCalled();
  const first = status.machines[0]?.name ?? 'core-01';
  return [
    `control  ${status.endpoints.control}`,
    `etcd     ${etcd}`,
    '',
    'Try:',
    `  ${into}etcdctl --endpoints=${etcd} get --prefix --keys-only /`,
    `  ${into}curl ${status.endpoints.control}/status`,
    `  ${me} ls --recursive /_coreos.com`,
    `  ${me} ssh ${first}`,
    '',
  ].join('\n');
}

/** The words with which this program can be called again from this folder. */
export function howCalled(): string {
  const program = process.argv[1] ?? 'muster';
  const isOnPath = (process.env.PATH ?? '').split(':').some((folder) => program === `${folder}/muster`);
  if (isOnPath) return 'muster';
  const near = relative(process.cwd(), program);
  return near.startsWith('..') ? program : `./${near}`;
}
