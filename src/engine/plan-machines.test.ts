// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MachineId, machineId } from '../model/index.js';
import { type ClusterSnapshot, emptySnapshot, type MachineLife, type NodeState } from '../registry/index.js';
import { absentLife, stepMachine } from './machine.js';
import { planMachines } from './plan-machines.js';

const names = ['core-01', 'core-02', 'core-03'];
const wanted = new Map(names.map((name, index) => [name, machineId(String(index + 1).padStart(32, '0'))]));
const nobody: ReadonlySet<string> = new Set();

function idOf(name: string): MachineId {
  return wanted.get(name) ?? machineId('f'.repeat(32));
}

function node(name: string, bootId: string, stage: NodeState['stage'] = 'running'): NodeState {
  return { name, bootId, privateIp: '', publicIp: '', startedAt: 0, stage, units: [], problems: [] };
}

function announce(snapshot: ClusterSnapshot, name: string, state: NodeState): ClusterSnapshot {
  const id = idOf(name);
  return {
    ...snapshot,
    machines: new Map([...snapshot.machines, [id, { id, publicIp: '', metadata: {}, version: '' }]]),
    nodes: new Map([...snapshot.nodes, [id, state]]),
  };
}

function ordered(
  snapshot: ClusterSnapshot,
  name: string,
  want: 'on' | 'off' | 'reboot',
  modRevision: number,
) {
  return { ...snapshot, orders: new Map([...snapshot.orders, [name, { want, at: 0, modRevision }]]) };
}

test('nothing was asked, nothing is decided', () => {
  expect(planMachines(emptySnapshot, new Map(), wanted, nobody, 1)).toEqual([]);
});

test('an order is carried out, with its reason, unless the machine is busy', () => {
  const snapshot = ordered(emptySnapshot, 'core-02', 'on', 7);
  expect(planMachines(snapshot, new Map(), wanted, nobody, 1)).toEqual([
    { name: 'core-02', action: 'power-on', order: 7, reason: 'ordered on' },
  ]);
  expect(planMachines(snapshot, new Map(), wanted, new Set(['core-02']), 1)).toEqual([]);
});

test('a machine whose registration ran out is lost, and says why', () => {
  const lives = new Map([
    ['core-01', { ...absentLife, state: 'joined', bootId: 'b', isBootOver: false } as const],
  ]);
  const [decision] = planMachines(emptySnapshot, lives, wanted, nobody, 5);
  expect(decision?.life).toMatchObject({ state: 'lost', lastSeen: 5 });
  expect(decision?.reason).toBe('no sign of life for the length of its lease');
});

test('a machine that the file does not name any more is destroyed', () => {
  const lives = new Map([['old', { ...absentLife, state: 'joined' } as const]]);
  const [decision] = planMachines(emptySnapshot, lives, wanted, nobody, 5);
  expect(decision).toMatchObject({ name: 'old', action: 'destroy', life: { state: 'gone' } });
});

test('planning again on the result decides nothing', () => {
  const anyLife = fc.record({
    state: fc.constantFrom<MachineLife['state']>(
      'absent',
      'created',
      'booting',
      'joined',
      'rebooting',
      'lost',
    ),
    bootId: fc.constantFrom('', 'b1', 'b2'),
    isBootOver: fc.boolean(),
    handledOrder: fc.nat(9),
  });
  const anyMachine = fc.record({
    life: fc.option(anyLife, { nil: undefined }),
    order: fc.option(fc.record({ want: fc.constantFrom('on', 'off', 'reboot'), at: fc.nat(9) }), {
      nil: undefined,
    }),
    boot: fc.constantFrom(undefined, 'b1', 'b2'),
    isStopping: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(anyMachine, { minLength: 3, maxLength: 3 }), (machines) => {
      let snapshot = emptySnapshot;
      const lives = new Map<string, MachineLife>();
      machines.forEach(({ life, order, boot, isStopping }, index) => {
        const name = names[index] ?? '';
        if (life !== undefined) lives.set(name, { ...absentLife, ...life });
        if (order !== undefined) snapshot = ordered(snapshot, name, order.want, order.at);
        if (boot !== undefined)
          snapshot = announce(snapshot, name, node(name, boot, isStopping ? 'stopping' : 'running'));
      });
      for (const { name, life, action, order } of planMachines(snapshot, lives, wanted, nobody, 1)) {
        const event = {
          'power-on': 'powered-on',
          'power-off': 'powered-off',
          'power-cycle': 'power-cycled',
        } as const;
        const before = life ?? lives.get(name) ?? absentLife;
        const kind = action === undefined || action === 'destroy' ? undefined : event[action];
        const after =
          kind === undefined ? before : stepMachine(before, { kind, order, hasStarted: true }, 1).life;
        lives.set(name, after ?? absentLife);
      }
      expect(planMachines(snapshot, lives, wanted, nobody, 2)).toEqual([]);
    }),
  );
});
