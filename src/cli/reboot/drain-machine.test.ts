// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { silentLog } from '../../effects/index.js';
import { manualClock } from '../../effects/testing.js';
import { keyOf } from '../../etcd/index.js';
import { memoryKv } from '../../etcd/testing.js';
import { machineId } from '../../model/index.js';
import { openRegistry } from '../../registry/index.js';
import { checkUnit } from '../../units/index.js';
import { drainMachine, undrainMachine } from './drain-machine.js';

const a = machineId('a'.repeat(32));
const b = machineId('b'.repeat(32));
const signal = new AbortController().signal;

/** Machines `a` and `b`, with `web.service` on the first. */
async function openWorld({ machines = [a, b], options = '' } = {}) {
  const clock = manualClock();
  const kv = memoryKv({ clock });
  const { units } = openRegistry({ kv, clock, log: silentLog });
  const put = (key: string, value: unknown) =>
    kv.put({ key: keyOf(key), value: keyOf(typeof value === 'string' ? value : JSON.stringify(value)) });
  for (const id of machines) {
    await put(`/_coreos.com/fleet/machines/${id}/object`, { ID: id, Metadata: {} });
    await put(`/_muster_units/hosts/${id}`, { name: id.slice(0, 1), memoryBytes: 2 ** 34, cpus: 4 });
  }
  const text = `[Service]\nExecStart=/bin/true\n[X-Fleet]\n${options}\n`;
  const checked = checkUnit('web.service', text);
  if (checked.kind === 'bad') throw new Error('the unit is bad');
  await units.submit({ unit: 'web.service', ...checked.unit, targetState: 'launched' });
  const place = async (machine: string, others: readonly string[] = []) => {
    await put('/_coreos.com/fleet/job/web.service/target', machine);
    await put(`/_muster_units/schedule/${machine}/web.service`, {
      ...{ hash: checked.unit.hash, state: 'launched', restart: 0 },
    });
    for (const other of others) {
      await kv.deleteRange({ key: keyOf(`/_muster_units/schedule/${other}/web.service`) });
    }
  };
  await place(a);
  const told: string[] = [];
  const drain = () => drainMachine({ clock, units, tell: (text) => told.push(text) }, a, 60_000, signal);
  const markOf = async (id: typeof a) => (await units.table()).machines.get(id)?.mark;
  return { clock, units, place, drain, told, markOf };
}

test('a reboot waits until the work is up elsewhere', async () => {
  const { drain, place, told, markOf, clock, units } = await openWorld();
  let isDone = false;
  const drained = drain().then(() => {
    isDone = true;
  });
  while (told.length === 0) await clock.advance(0);
  expect(told).toEqual(['waits until web.service run elsewhere']);
  expect(await markOf(a)).toMatchObject({ kind: 'drain', isForReboot: true });
  // Chosen and about to start there: it is still here.
  await place(b);
  await clock.advance(0);
  expect(isDone).toBe(false);
  await place(b, [a]);
  await drained;
  await undrainMachine(units, a);
  expect(await markOf(a)).toBeUndefined();
});

test('what can run nowhere else is told, and not waited for', async () => {
  const { drain, told } = await openWorld({ options: `MachineID=${a}` });
  await drain();
  expect(told).toEqual(['no other machine can take web.service']);
});

test('it does not wait for ever', async () => {
  const { drain, clock, told } = await openWorld();
  const drained = expect(drain()).rejects.toThrow('web.service did not come up elsewhere in 60 s');
  while (told.length === 0) await clock.advance(0);
  await clock.advance(60_000);
  await drained;
});

test.each(['drain', 'cordon'] as const)(
  'what an operator wanted before stands after it: %s',
  async (kind) => {
    const { drain, units, markOf } = await openWorld({ machines: [a] });
    await units.mark(a, { kind, at: 7 });
    await drain();
    await undrainMachine(units, a);
    expect(await markOf(a)).toEqual({ kind, at: expect.any(Number) });
  },
);
