// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { openUnitTable } from '../../registry/index.js';
import { checkUnit } from '../../units/index.js';
import { knownName, knownNames, spreadName } from './unit-names.js';
import { descriptionOf, unitFileRow, unitRows } from './unit-rows.js';

const fleet = '/_coreos.com/fleet';

function tableOf(units: Readonly<Record<string, string>>) {
  const table = openUnitTable();
  for (const [name, text] of Object.entries(units)) {
    const checked = checkUnit(name, text);
    if (checked.kind === 'bad') throw new Error(JSON.stringify(checked.issues));
    const { hash } = checked.unit;
    const bytes = (hash.match(/../g) ?? []).map((two) => Number.parseInt(two, 16));
    table.fold(`${fleet}/unit/${hash}`, JSON.stringify({ Raw: checked.unit.text }), 1);
    table.fold(`${fleet}/job/${name}/object`, JSON.stringify({ Name: name, UnitHash: bytes }), 1);
  }
  return table;
}

const plain = '[Unit]\nDescription=%p no. %i of %H\n[Service]\nExecStart=/bin/true\n';

test('a range is as many names as it says, and never silently fewer', () => {
  expect(spreadName('w@{2..4}.service')).toEqual(['w@2.service', 'w@3.service', 'w@4.service']);
  expect(() => spreadName('w@{4..2}.service')).toThrow('"{4..2}" is no range of units');
  expect(() => spreadName('w@{1..1001}.service')).toThrow('is no range of units');
});

test('a glob stands for what there is; one that fits nothing, or too much, is said to', () => {
  const table = tableOf({ 'w@1.service': plain, 'w@2.service': plain });
  expect(knownNames(table, ['w@*'])).toEqual(['w@1.service', 'w@2.service']);
  expect(() => knownNames(table, ['x*'])).toThrow('there is no unit "x*"');
  expect(knownName(table, 'w@1')).toBe('w@1.service');
  expect(() => knownName(table, 'w@*')).toThrow('"w@*" is more than one unit');
});

test('a description has the name of the instance in it; a global unit has no state of its own', () => {
  const table = tableOf({
    'w@1.service': plain,
    'w@.service': plain,
    'g.service': '[Service]\nExecStart=/bin/true\n[X-Fleet]\nGlobal=true\n',
  });
  expect(descriptionOf(table, 'w@1.service')).toBe('w no. 1 of %H');
  expect(descriptionOf(table, 'w@.service')).toBe('%p no. %i of %H');
  expect(unitRows(table, 'g.service')).toMatchObject([{ currentState: '' }]);
  expect(unitFileRow(table, 'g.service')).toMatchObject({ currentState: '', isGlobal: true });
});
