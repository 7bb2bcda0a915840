// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Host, MachineEnd, MachineOrder } from '../../src/providers/index.js';
import { testOrder } from '../../src/providers/testing.js';

/** A host with nothing on it, and the ways to look at and harm its machines from outside. */
export interface ProviderBench {
  /** Another face of the same host, as a new muster process would open it. */
  openHost(): Host;
  /** Resolves once the machine has booted; the parts it consists of, the one that may be killed first. */
  booted(name: string): Promise<readonly BenchPart[]>;
  /** What a machine of this number, 1 or 2, is ordered with, as far as it matters to this host. */
  order?(number: number): Partial<MachineOrder>;
  /** Ends all that is left, and removes it. */
  close(): Promise<void>;
}

export interface BenchPart {
  isAlive(): Promise<boolean>;
  /** Pulls the plug. */
  kill(): Promise<void>;
}

/** What every provider's `Host` does. `openBench(true)`: its machines do not end when they are asked to. */
export function providerSuite(
  name: string,
  openBench: (isStubborn: boolean) => Promise<ProviderBench>,
): void {
  describe(`provider ${name}`, () => {
    let bench: ProviderBench;
    let order: MachineOrder;
    const orderFor = (number: number) => testOrder(number, bench.order?.(number));
    beforeEach(async () => {
      bench = await openBench(false);
      order = orderFor(1);
    });
    afterEach(() => bench.close());

    const alive = async (parts: readonly BenchPart[]) =>
      (await Promise.all(parts.map((part) => part.isAlive()))).filter((is) => is).length;

    test('nothing is on at first', async () => {
      expect(await bench.openHost().list()).toEqual([]);
    });

    test('powering on is idempotent, also side by side and from another process', async () => {
      const host = bench.openHost();
      await Promise.all([host.powerOn(order), host.powerOn(order)]);
      const parts = await bench.booted(order.name);
      await host.powerOn(order);
      await bench.openHost().powerOn(order);
      expect(await alive(parts)).toBe(parts.length);
      expect(await bench.openHost().list()).toEqual([{ name: order.name, state: 'on' }]);
    });

    test('powering off ends all of it, and is idempotent', async () => {
      const host = bench.openHost();
      await host.powerOn(order);
      const parts = await bench.booted(order.name);
      await host.powerOff(order.name);
      expect(await alive(parts)).toBe(0);
      await host.powerOff(order.name);
      await host.powerOff('nobody');
      expect(await host.list()).toMatchObject([{ name: order.name, state: 'off' }]);
    });

    test('another process can power off', async () => {
      await bench.openHost().powerOn(order);
      const parts = await bench.booted(order.name);
      await bench.openHost().powerOff(order.name);
      expect(await alive(parts)).toBe(0);
    });

    test('a machine that does not end when asked is ended', async () => {
      await bench.close();
      bench = await openBench(true);
      order = orderFor(1);
      const host = bench.openHost();
      await host.powerOn(order);
      const parts = await bench.booted(order.name);
      await host.powerOff(order.name);
      expect(await alive(parts)).toBe(0);
    });

    test('a machine that lost its power is off, is told, and comes back without its old parts', async () => {
      const host = bench.openHost();
      await host.powerOn(order);
      const before = await bench.booted(order.name);
      const off = new AbortController();
      const ends = host.watchEnds(off.signal)[Symbol.asyncIterator]();
      const told: Promise<IteratorResult<MachineEnd>> = ends.next();
      await before[0]?.kill();
      expect((await told).value).toMatchObject({ name: order.name });
      off.abort();
      expect(await host.list()).toMatchObject([{ name: order.name, state: 'off' }]);
      await host.powerOn(order);
      const after = await bench.booted(order.name);
      expect(await alive(before)).toBe(0);
      expect(await alive(after)).toBe(after.length);
    });

    test('a machine that ended while nobody looked is told to the next process', async () => {
      await bench.openHost().powerOn(order);
      const parts = await bench.booted(order.name);
      await parts[0]?.kill();
      const off = new AbortController();
      for await (const end of bench.openHost().watchEnds(off.signal)) {
        expect(end.name).toBe(order.name);
        break;
      }
    });

    test('destroying leaves nothing of it, and nothing else changes', async () => {
      const host = bench.openHost();
      const other = orderFor(2);
      await Promise.all([host.powerOn(order), host.powerOn(other)]);
      const [gone, stays] = await Promise.all([bench.booted(order.name), bench.booted(other.name)]);
      await host.destroy(order.name);
      await host.destroy(order.name);
      expect(await alive(gone)).toBe(0);
      expect(await alive(stays)).toBe(stays.length);
      expect(await host.list()).toEqual([{ name: other.name, state: 'on' }]);
    });

    test('a machine that was destroyed can be made again', async () => {
      const host = bench.openHost();
      await host.powerOn(order);
      await bench.booted(order.name);
      await host.destroy(order.name);
      await host.powerOn(order);
      const parts = await bench.booted(order.name);
      expect(await alive(parts)).toBe(parts.length);
    });
  });
}
