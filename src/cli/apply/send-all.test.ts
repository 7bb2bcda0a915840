// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { silentLog } from '../../effects/index.js';
import { manualClock } from '../../effects/testing.js';
import { memoryKv } from '../../etcd/testing.js';
import { machineId } from '../../model/index.js';
import { openRegistry } from '../../registry/index.js';
import type { RollEntry } from './plan-roll.js';
import { sendAll } from './send-all.js';

test('a store that is away costs the machine that was due, not the table', async () => {
  const clock = manualClock(0);
  const kv = memoryKv({ clock });
  const away = () => Promise.reject(new Error('the store is away'));
  const registry = openRegistry({ kv: { ...kv, range: away, put: away, txn: away }, clock, log: silentLog });
  const wanted = (name: string) => ({ name, id: machineId(name.repeat(32)), userData: '', hash: 'new' });
  const roll: readonly RollEntry[] = [
    { kind: 'same', wanted: wanted('a') },
    { kind: 'send', wanted: wanted('b'), why: 'its user-data changed', bootId: 'b1' },
    { kind: 'send', wanted: wanted('c'), why: 'it drifted', bootId: 'c1' },
  ];
  const limits = { timeoutMs: 1_000, settleMs: 0 };
  const deps = { registry, hasStore: false, tell: () => {} };
  expect(await sendAll(deps, roll, limits, new AbortController().signal)).toEqual([
    { name: 'a', outcome: 'same', reason: '', atBoot: [] },
    { name: 'b', outcome: 'failed', reason: expect.stringContaining('the store is away'), atBoot: [] },
    { name: 'c', outcome: 'not reached', reason: 'it drifted', atBoot: [] },
  ]);
  kv.close();
});
