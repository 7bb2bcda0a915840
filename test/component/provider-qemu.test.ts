// SPDX-License-Identifier: Apache-2.0

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testOrder } from '../../src/providers/testing.js';
import { providerSuite } from '../conformance/provider-suite.js';
import { openQemuBench } from './qemu-parts.js';

// Firmware alone, which takes a few seconds: it ignores its power button, so that every machine here is a stubborn one.
providerSuite('qemu', () => openQemuBench());

test('a machine stands still while it is frozen, and its console is its own', async () => {
  const bench = await openQemuBench({ disk: '16M' });
  try {
    const host = bench.openHost();
    const order = testOrder(1, { serial: 'SN,1', ...bench.order?.(1) });
    await host.powerOn(order);
    await bench.booted(order.name);
    const folder = join(bench.folder, 'machines', order.name);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'disk.raw'))).size).toBe(16 * 1024 * 1024);
    await host.faults?.freeze(order.name);
    await host.faults?.thaw(order.name);
    expect(await host.sshAt?.(order.name)).toEqual({ address: order.reachAddress, port: 2222 });
    await host.faults?.cutPower(order.name);
    expect(await host.list()).toMatchObject([{ name: order.name, state: 'off' }]);
  } finally {
    await bench.close();
  }
});

test('what is wrong with the program is said', async () => {
  const bench = await openQemuBench({ program: '/nonexistent/qemu' });
  try {
    await expect(bench.openHost().powerOn(testOrder(1, bench.order?.(1)))).rejects.toMatchObject({
      message: expect.stringContaining('/nonexistent/qemu'),
    });
  } finally {
    await bench.close();
  }
});
