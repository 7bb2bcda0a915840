// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { machineId } from '../../model/index.js';
import { openUnitTable, type UnitTable } from '../../registry/index.js';
import { checkUnit } from '../../units/index.js';
import { openBoard } from './board.js';
import { explainUnit } from './explain-unit.js';
import { previewMoves } from './plan-rebalance.js';
import { openPlanMemory, planUnits } from './plan-units.js';

const fleet = '/_coreos.com/fleet';
const own = '/_muster_units';
const idOf = (digit: string) => machineId(digit.repeat(32));

function openWorld(table: UnitTable = openUnitTable()) {
  const board = openBoard(table);
  const memory = openPlanMemory();
  const world = { now: 1_000 };
  const fold = (key: string, value: string | undefined) => {
    const change = table.fold(key, value, 1);
    if (change !== undefined) board.apply(change);
  };
  return {
    board,
    table,
    world,
    machine(digit: string, metadata: Readonly<Record<string, string>> = {}, memoryBytes = 2 ** 34) {
      const id = idOf(digit);
      fold(`${own}/hosts/${id}`, JSON.stringify({ name: `core-${digit}`, memoryBytes, cpus: 4 }));
      fold(`${fleet}/machines/${id}/object`, JSON.stringify({ ID: id, Metadata: metadata }));
    },
    lose(digit: string) {
      fold(`${fleet}/machines/${idOf(digit)}/object`, undefined);
      for (const unit of table.states.keys()) fold(`${fleet}/states/${unit}/${idOf(digit)}`, undefined);
    },
    mark(digit: string, kind: string | undefined) {
      fold(`${own}/marks/${idOf(digit)}`, kind && JSON.stringify({ kind, at: 1 }));
    },
    unit(name: string, options = '', target = 'launched', command = '/bin/true') {
      const checked = checkUnit(name, `[Service]\nExecStart=${command}\n[X-Fleet]\n${options}\n`);
      if (checked.kind === 'bad') throw new Error(JSON.stringify(checked.issues));
      const { hash, text } = checked.unit;
      const bytes = (hash.match(/../g) ?? []).map((two) => Number.parseInt(two, 16));
      fold(`${fleet}/unit/${hash}`, JSON.stringify({ Raw: text }));
      fold(`${fleet}/job/${name}/object`, JSON.stringify({ Name: name, UnitHash: bytes }));
      fold(`${fleet}/job/${name}/target-state`, target);
    },
    destroy(name: string) {
      for (const key of ['object', 'target-state']) fold(`${fleet}/job/${name}/${key}`, undefined);
    },
    state(name: string, digit: string, activeState: string | undefined) {
      const entry = table.schedule.get(idOf(digit))?.get(name);
      const value = { loadState: 'loaded', activeState, subState: 'x', unitHash: entry?.hash ?? '' };
      fold(`${fleet}/states/${name}/${idOf(digit)}`, activeState && JSON.stringify(value));
    },
    plan(afterMs = 0) {
      world.now += afterMs;
      const plan = planUnits(board, memory, world.now);
      return plan.decisions.map(
        ({ kind, unit, machine, reason }) => `${unit} ${kind} ${machine?.charAt(0) ?? '-'}: ${reason}`,
      );
    },
    rebalance() {
      fold(`${own}/rebalance`, '{}');
    },
    /** Everything that is to run does, and what is not, does not. */
    settle() {
      for (const [name, found] of table.states) {
        for (const id of [...found.keys()])
          if (!board.holders(name).has(id)) fold(`${fleet}/states/${name}/${id}`, undefined);
      }
      for (const { id, units } of board.present())
        for (const name of units.keys()) this.state(name, id.charAt(0), 'active');
    },
    where: () =>
      Object.fromEntries(
        [...board.machines.values()].map(({ id, units }) => [id.charAt(0), [...units.keys()].sort()]),
      ),
    why: (name: string) => explainUnit(board, name),
  };
}

function three() {
  const world = openWorld();
  for (const digit of ['a', 'b', 'c']) world.machine(digit, { rack: digit === 'a' ? 'one' : 'two' });
  world.plan();
  return world;
}

test('the least loaded machine, then the lowest ID; nothing more to do afterwards', () => {
  const world = three();
  for (const name of ['u1.service', 'u2.service', 'u3.service', 'u4.service']) world.unit(name);
  world.plan();
  expect(world.where()).toEqual({ a: ['u1.service', 'u4.service'], b: ['u2.service'], c: ['u3.service'] });
  expect(world.plan()).toEqual([]);
});

test.each([
  ['MachineID=bbbbbbbb', 'b', 'MachineID asks for bbbbbbbb'],
  [`MachineID=${'c'.repeat(32)}`, 'c', `MachineID asks for ${'c'.repeat(32)}`],
  ['MachineMetadata=rack=two', 'b', 'MachineMetadata asks for rack=two, it has rack=one'],
])('%s', (options, where, against) => {
  const world = three();
  world.unit('u.service', options);
  world.plan();
  expect(world.where()[where]).toEqual(['u.service']);
  expect(world.why('u.service').machines[0]).toMatchObject({ against, isHere: false });
});

test('MachineOf follows, and waits for what it follows', () => {
  const world = three();
  world.unit('near.service', 'MachineOf=db.service');
  expect(world.plan()).toEqual([]);
  expect(world.why('near.service').summary).toBe('no machine fits');
  world.unit('db.service', 'MachineMetadata=rack=two');
  world.plan();
  expect(world.where()['b']).toEqual(['db.service', 'near.service']);
});

test('Conflicts holds both ways', () => {
  const world = three();
  world.unit('a.service', 'Conflicts=b.service\nMachineMetadata=rack=one');
  world.plan();
  world.unit('b.service', 'MachineMetadata=rack=one');
  expect(world.plan()).toEqual([]);
  expect(world.why('b.service').machines[0]?.against).toBe('a.service is there and conflicts with it');
  world.destroy('a.service');
  world.plan();
  expect(world.where()['a']).toEqual(['b.service']);
});

test('Replaces sends away, and what was sent away does not come back', () => {
  const world = three();
  world.unit('old.service', 'MachineMetadata=rack=one');
  world.plan();
  world.unit('new.service', 'Replaces=old.service\nMachineMetadata=rack=one');
  expect(world.plan()).toContain('old.service replaced a: new.service takes its place');
  expect(world.where()['a']).toEqual(['new.service']);
  expect(world.plan()).toEqual([]);
});

test('a global unit is on every machine that fits, and on a new one', () => {
  const world = three();
  world.unit('g.service', 'Global=true\nMachineMetadata=rack=two');
  world.plan();
  world.machine('d', { rack: 'two' });
  world.plan();
  expect(world.where()).toEqual({ a: [], b: ['g.service'], c: ['g.service'], d: ['g.service'] });
});

test('reserves are kept, and the reason tells what is free', () => {
  const world = openWorld();
  world.machine('a', {}, 2 ** 30);
  world.unit('u1.service', 'MemoryReserve=600M');
  world.unit('u2.service', 'MemoryReserve=600M');
  world.plan();
  expect(world.where()['a']).toEqual(['u1.service']);
  expect(world.why('u2.service').machines[0]?.against).toBe(
    'MemoryReserve asks for 600 MiB, 424 MiB are free',
  );
});

test('Spread evens out zones, Avoids keeps apart while it can', () => {
  const world = three();
  for (const number of [1, 2]) world.unit(`w@${number}.service`, 'Spread=rack');
  world.unit('x.service', 'Avoids=w@*.service');
  world.plan();
  expect(world.where()).toEqual({ a: ['w@1.service'], b: ['w@2.service'], c: ['x.service'] });
});

test('a template keeps its replicas', () => {
  const world = three();
  world.unit('w@.service', 'Replicas=3');
  world.plan();
  expect(Object.values(world.where()).flat().sort()).toEqual(['w@1.service', 'w@2.service', 'w@3.service']);
  world.unit('w@.service', 'Replicas=1');
  world.plan();
  world.plan();
  expect(Object.values(world.where()).flat()).toEqual(['w@1.service']);
  world.destroy('w@.service');
  world.plan();
  expect(Object.values(world.where()).flat()).toEqual([]);
});

test('a lost machine: its units go elsewhere soon, others stay, and it gets nothing back', () => {
  const world = three();
  for (const name of ['u1.service', 'u2.service', 'u3.service']) world.unit(name);
  world.plan();
  world.lose('a');
  expect(world.plan()).toEqual([]);
  expect(world.plan(500)).toEqual([
    'u1.service evicted a: its machine is gone',
    'u1.service placed b: of the machines that fit it has the fewest units, 1',
  ]);
  world.machine('a');
  expect(world.plan()).toEqual([]);
});

test('a machine that renews in time keeps its units', () => {
  const world = three();
  world.unit('u1.service');
  world.plan();
  world.lose('a');
  world.plan();
  world.machine('a');
  expect(world.plan(10_000)).toEqual([]);
});

test('a network fault empties no more than its share', () => {
  const world = openWorld();
  const digits = [...'0123456789'];
  for (const digit of digits) world.machine(digit);
  for (const digit of digits) world.unit(`u${digit}.service`);
  world.plan();
  for (const digit of digits.slice(0, 6)) world.lose(digit);
  world.plan();
  expect(world.plan(500).filter((line) => line.includes('evicted'))).toHaveLength(2);
  expect(world.plan(60_000)).toEqual([]);
  expect(world.plan(300_000).filter((line) => line.includes('evicted'))).toHaveLength(2);
});

test('an engine that begins waits for machines that were gone before it', () => {
  const before = three();
  before.unit('u1.service');
  before.plan();
  before.lose('a');
  const world = openWorld(before.table);
  expect(world.plan()).toEqual([]);
  expect(world.plan(20_000)).toEqual([]);
  expect(world.plan(10_000)[0]).toBe('u1.service evicted a: its machine is gone');
});

test('a drain stops first, one at a time, or starts first where the unit allows it', () => {
  const world = three();
  world.unit('s.service');
  world.unit('t.service', 'Handover=start-first\nMachineMetadata=rack=two');
  world.plan();
  world.state('s.service', 'a', 'active');
  world.state('t.service', 'b', 'active');
  world.mark('a', 'drain');
  expect(world.plan()).toEqual(['s.service moved a: its machine is being drained']);
  expect(world.why('s.service').summary).toBe('it is being stopped on aaaaaaaa first');
  world.state('s.service', 'a', undefined);
  world.plan();
  expect(world.where()['c']).toEqual(['s.service']);
  world.mark('b', 'drain');
  expect(world.plan()).toEqual([
    't.service moved b: its machine is being drained; it is started on core-c first',
  ]);
  expect(world.table.jobs.get('t.service')?.target).toBe(idOf('b'));
  world.state('t.service', 'c', 'active');
  expect(world.plan()).toEqual(['t.service placed c: it is up on its new machine']);
  expect(world.where()).toEqual({ a: [], b: [], c: ['s.service', 't.service'] });
  expect(world.plan()).toEqual([]);
});

function lopsided(options = '') {
  const world = openWorld();
  world.machine('a');
  for (const number of [1, 2, 3, 4, 5]) world.unit(`u${number}.service`, options);
  world.plan();
  world.machine('b');
  world.settle();
  return world;
}

test('nothing is evened out before somebody asks; then it is, one unit at a time, with no more moves than needed', () => {
  const world = lopsided();
  expect(world.plan()).toEqual([]);
  expect(previewMoves(openBoard(world.table)).map(({ unit }) => unit)).toEqual(['u1.service', 'u2.service']);
  const same = lopsided();
  same.rebalance();
  expect(same.plan()).toEqual(['u1.service moved a: evened out: 5 units there, 0 on the other']);
  expect(same.plan()).toEqual([]);
  same.settle();
  expect(same.plan()[0]).toContain('u1.service placed b');
  expect(same.plan()).toEqual([]);
  for (let round = 0; round < 4; round += 1) {
    same.settle();
    same.plan();
  }
  expect(same.where()).toEqual({
    a: ['u3.service', 'u4.service', 'u5.service'],
    b: ['u1.service', 'u2.service'],
  });
  expect(same.table.rebalance()).toBe(0);
  same.settle();
  expect(same.plan()).toEqual([]);
});

test('a rebalance starts the new one first where the unit allows it, and ends when it does not come up', () => {
  const world = lopsided('Handover=start-first');
  world.rebalance();
  expect(world.plan()).toEqual([
    'u1.service moved a: evened out: 5 units there, 0 on the other; it is started on core-b first',
  ]);
  expect(world.where()['a']).toContain('u1.service');
  world.plan(60_000);
  expect(world.table.rebalance()).toBe(0);
  world.plan();
  expect(world.where()).toMatchObject({ b: [] });
  expect(world.plan(60_000)).toEqual([]);
});

test('a rebalance leaves alone what is followed, and what fits nowhere else', () => {
  const world = openWorld();
  world.machine('a', { disk: 'ssd' });
  world.unit('db.service');
  world.unit('near.service', 'MachineOf=db.service');
  world.unit('fast.service', 'MachineMetadata=disk=ssd');
  world.plan();
  world.machine('b');
  world.settle();
  world.rebalance();
  expect(world.plan()).toEqual([]);
  expect(world.table.rebalance()).toBe(0);
});

test('another text is rolled out one by one, behind a health gate', () => {
  const world = three();
  for (const number of [1, 2]) world.unit(`w@${number}.service`);
  world.plan();
  for (const number of [1, 2]) world.unit(`w@${number}.service`, '', 'launched', '/bin/new');
  expect(world.plan()).toEqual(['w@1.service changed a: it has another text']);
  world.state('w@1.service', 'a', 'active');
  expect(world.plan()).toEqual([]);
  expect(world.plan(5_000)).toEqual([
    'w@1.service changed a: it stayed up with its new text',
    'w@2.service changed b: it has another text',
  ]);
  world.state('w@2.service', 'b', 'active');
  world.plan();
  world.plan(5_000);
  expect(world.plan(300_000)).toEqual([]);
  expect(world.table.schedule.get(idOf('b'))?.get('w@2.service')?.previous).toBeUndefined();
});

test('a text that fails is put back, and no more of them are touched', () => {
  const world = three();
  for (const number of [1, 2]) world.unit(`w@${number}.service`);
  world.plan();
  const old = world.table.schedule.get(idOf('a'))?.get('w@1.service')?.hash;
  for (const number of [1, 2]) world.unit(`w@${number}.service`, '', 'launched', '/bin/bad');
  world.plan();
  world.state('w@1.service', 'a', 'failed');
  expect(world.plan()[0]).toBe(
    'w@1.service rolled-back a: with its new text: it failed; its group stays with the one before',
  );
  expect(world.plan(300_000)).toEqual([]);
  expect(world.table.schedule.get(idOf('a'))?.get('w@1.service')?.hash).toBe(old);
  expect(world.table.schedule.get(idOf('b'))?.get('w@2.service')?.hash).toBe(old);
});

test('another text while one is being tried takes its place, and goes back to the last that was good', () => {
  const world = three();
  const units = ['w@1.service', 'w@2.service'] as const;
  const roll = (command: string, options = '') => {
    for (const name of units) world.unit(name, options, 'launched', command);
    world.plan();
    return units.map((name, at) => world.table.schedule.get(idOf('ab'.charAt(at)))?.get(name)?.hash);
  };
  const wanted = (name: string) => world.table.jobs.get(name)?.object?.hash;
  const good = roll('/bin/good');
  const tried = roll('/bin/tried', 'UpdateParallel=2');
  expect(tried).toEqual(units.map(wanted));
  expect(roll('/bin/bad')).toEqual([wanted('w@1.service'), tried[1]]);
  world.state('w@1.service', 'a', 'failed');
  world.plan();
  expect(units.map((name, at) => world.table.schedule.get(idOf('ab'.charAt(at)))?.get(name)?.hash)).toEqual(
    good,
  );
});

test('why tells of a machine that is being drained, also where the unit still is there', () => {
  const world = three();
  world.unit('u.service', 'MachineMetadata=rack=one');
  world.plan();
  world.mark('a', 'drain');
  world.plan();
  const [here] = world.why('u.service').machines;
  expect(here).toMatchObject({ isHere: true, against: 'the machine is being drained' });
});

test('whatever comes: no two that conflict together, none over its reserve, and a second plan is empty', () => {
  const digit = fc.constantFrom(...'0123456789');
  const options = fc.constantFrom(
    '',
    'Conflicts=u*.service',
    'MemoryReserve=3G',
    'Global=true',
    'Replaces=u1.service',
  );
  const step = fc.oneof(
    fc.record({ do: fc.constant('machine' as const), digit }),
    fc.record({ do: fc.constant('lose' as const), digit }),
    fc.record({ do: fc.constant('drain' as const), digit }),
    fc.record({ do: fc.constant('unit' as const), digit, options }),
    fc.record({ do: fc.constant('destroy' as const), digit }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = openWorld();
      for (const one of steps) {
        if (one.do === 'machine') world.machine(one.digit, {}, 2 ** 33);
        if (one.do === 'lose') world.lose(one.digit);
        if (one.do === 'drain') world.mark(one.digit, 'drain');
        if (one.do === 'unit') world.unit(`u${one.digit}.service`, one.options);
        if (one.do === 'destroy') world.destroy(`u${one.digit}.service`);
        world.plan(1_000);
        expect(world.plan()).toEqual([]);
        for (const machine of world.board.present()) {
          expect(machine.usedMemory).toBeLessThanOrEqual(2 ** 33);
          const units = [...machine.units.values()].filter((unit) => unit !== undefined);
          for (const unit of units)
            for (const other of units)
              expect(unit !== other && unit.conflicts.some((glob) => glob(other.name))).toBe(false);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('minimal moves: a machine that joins moves nothing, one that is lost moves its own units only', () => {
  const digit = fc.constantFrom(...'01234567');
  const options = fc.constantFrom('', '', 'Conflicts=u*.service', 'MemoryReserve=3G', 'Spread=machine');
  const units = fc.array(options, { minLength: 1, maxLength: 20 });
  const machines = fc.uniqueArray(digit, { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(units, machines, fc.nat(), (wanted, digits, pick) => {
      const world = openWorld();
      for (const one of digits) world.machine(one, {}, 2 ** 33);
      for (const [index, option] of wanted.entries()) world.unit(`u${index}.service`, option);
      world.plan();
      const before = world.where();
      world.machine('f', {}, 2 ** 33);
      world.plan();
      // Only what fitted nowhere before may come to it.
      const placed = new Set(Object.values(before).flat());
      for (const [machine, names] of Object.entries(before)) expect(world.where()[machine]).toEqual(names);
      for (const name of world.where()['f'] ?? []) expect(placed.has(name)).toBe(false);
      const settled = world.where();
      const lost = digits[pick % digits.length] ?? '';
      world.lose(lost);
      world.plan();
      world.plan(500);
      for (const [machine, names] of Object.entries(settled)) {
        if (machine !== lost) expect(world.where()[machine]).toEqual(expect.arrayContaining(names));
      }
    }),
    { numRuns: 200 },
  );
});

test('minimal moves: a rebalance comes to even machines with as few moves as that takes', () => {
  const counts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(counts, (wanted) => {
      const world = openWorld();
      for (const [index, count] of wanted.entries()) {
        world.machine(String(index), { own: String(index) });
        // They came there when it was the only one.
        for (let unit = 0; unit < count; unit += 1) {
          world.unit(`u${index}-${unit}.service`, `MachineMetadata=own=${index}`);
        }
        world.plan();
      }
      for (const [index, count] of wanted.entries()) {
        for (let unit = 0; unit < count; unit += 1) world.unit(`u${index}-${unit}.service`);
      }
      world.plan();
      const total = wanted.reduce((sum, count) => sum + count, 0);
      const least = Math.floor(total / wanted.length);
      const moves = previewMoves(openBoard(world.table));
      const board = openBoard(world.table);
      const after = board.present().map(({ count }) => count);
      expect(Math.max(...after) - Math.min(...after)).toBeLessThanOrEqual(1);
      // The fullest keep the one more that some have to have.
      const sorted = wanted.toSorted((a, b) => b - a);
      const targets = sorted.map((_, index) => least + (index < total % wanted.length ? 1 : 0));
      const needed = sorted.reduce(
        (sum, count, index) => sum + Math.max(0, count - (targets[index] ?? 0)),
        0,
      );
      expect(moves).toHaveLength(needed);
    }),
    { numRuns: 100 },
  );
});
