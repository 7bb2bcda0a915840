// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { ClusterStatus } from '../status/index.js';
import { unitLines } from './unit-lines.js';

type Unit = NonNullable<ClusterStatus['machines'][number]['scheduledUnits']>[number];

function status(units: Readonly<Record<string, readonly Unit[]>>, waitingUnits?: readonly string[]) {
  const machines = Object.entries(units).map(([name, scheduledUnits]) => ({ name, scheduledUnits }));
  return { machines, ...(waitingUnits && { waitingUnits }) } as unknown as ClusterStatus;
}

const unit = (name: string, active: string, reason?: string): Unit => ({
  name,
  targetState: 'launched',
  active,
  sub: '',
  ...(reason && { reason }),
});

test('counts, then what does not do well', () => {
  const units = {
    a: [unit('web.service', 'active'), unit('bad.service', 'failed', 'exited with code 1')],
    b: [unit('job.service', 'inactive')],
  };
  expect(unitLines(status(units, ['big.service']))).toEqual([
    '1 active, 1 inactive, 1 failed, 1 without a machine',
    'bad.service failed on a: exited with code 1',
    'big.service has no machine: muster unit why big.service',
  ]);
});

test('nothing where there are no units, and no flood where there are many', () => {
  expect(unitLines(status({ a: [] }))).toEqual([]);
  const many = Array.from({ length: 50 }, (_, index) => `u${index}.service`);
  expect(unitLines(status({}, many))).toHaveLength(10);
  expect(unitLines(status({}, many)).at(-1)).toBe('and 42 more: muster unit list');
});
