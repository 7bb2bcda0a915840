// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findMac, findSerial, findUuid } from './marks.js';
import { findMachine } from './match.js';
import { bootMachine, bootPlan } from './testing.js';

const odd = bootMachine(3, { marks: { mac: '52-54-00-AA-BB-CC', uuid: '9B5C0D5E2F0E4C1A8A3E0F1E2D3C4B5A' } });
const noUuid = bootMachine(4, {
  marks: { mac: '52:54:00:00:00:04', uuid: '00000000-0000-0000-0000-000000000000' },
});
const plan = bootPlan([bootMachine(1), bootMachine(2), odd, noUuid]);
const zeros = '00000000-0000-0000-0000-000000000000';
const ones = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

test.each([
  ['nothing', {}, undefined],
  ['a MAC', { mac: '52:54:00:00:00:01' }, 'core-01'],
  ['a MAC as iPXE sends it', { mac: '52-54-00-00-00-01' }, 'core-01'],
  ['a MAC in upper case', { mac: '52:54:00:AA:BB:CC' }, 'core-03'],
  ['a MAC as switches write it', { mac: '5254.00aa.bbcc' }, 'core-03'],
  ['a MAC with no separators', { mac: '525400aabbcc' }, 'core-03'],
  ['a strange MAC', { mac: '52:54:00:00:00:99' }, undefined],
  ['a UUID', { uuid: '00000000-0000-4000-8000-000000000002' }, 'core-02'],
  ['a UUID in upper case with no dashes', { uuid: '9B5C0D5E2F0E4C1A8A3E0F1E2D3C4B5A' }, 'core-03'],
  ['the UUID of all zeros, which a machine of the plan has', { uuid: zeros }, undefined],
  ['the UUID of all ones', { uuid: ones }, undefined],
  ['a serial number', { serial: 'S-2' }, 'core-02'],
  ['a serial number with blanks around it', { serial: ' S-2 ' }, 'core-02'],
  ['a serial number in other case', { serial: 's-2' }, undefined],
  ['an empty serial number', { serial: '' }, undefined],
  [
    'a MAC before a UUID',
    { mac: '52:54:00:00:00:01', uuid: '00000000-0000-4000-8000-000000000002' },
    'core-01',
  ],
  ['a UUID before a serial', { uuid: '00000000-0000-4000-8000-000000000002', serial: 'S-1' }, 'core-02'],
  [
    'a strange MAC, then a UUID',
    { mac: '52:54:00:00:00:99', uuid: '00000000-0000-4000-8000-000000000002' },
    'core-02',
  ],
  ['a MAC that is none, then a serial', { mac: 'x', serial: 'S-1' }, 'core-01'],
])('matching by %s', (_what, marks, name) => {
  expect(findMachine(plan, marks)?.name).toBe(name);
});

test('the first of two machines with the same MAC counts', () => {
  const twins = bootPlan([bootMachine(1), bootMachine(1, { name: 'twin' })]);
  expect(findMachine(twins, { mac: '52:54:00:00:00:01' })?.name).toBe('core-01');
});

test('machines are not searched one by one: the plan is read once', () => {
  let reads = 0;
  const machines = Array.from({ length: 1000 }, (_, index) => bootMachine(index + 1));
  const counted = new Proxy(bootPlan(machines), {
    get(target, key, receiver) {
      if (key === 'machines') reads += 1;
      return Reflect.get(target, key, receiver);
    },
  });
  for (const machine of machines) expect(findMachine(counted, machine.marks)).toBe(machine);
  expect(reads).toBe(1);
});

test('any text is a mark or none, and a mark stays the same when it is read again', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-fA-F:.-]{0,40}$/));
  fc.assert(
    fc.property(text, (raw) => {
      for (const find of [findMac, findUuid, findSerial]) {
        const found = find(raw);
        if (found !== undefined) expect(find(found)).toBe(found);
      }
    }),
  );
});
