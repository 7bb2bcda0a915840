// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { addMachine } from './add-machine.js';

const marks = { mac: '52:54:00:aa:00:09' };

test('a machine is added behind the others, and comments stay', () => {
  const text = `# mine
name: lab
machines:
  # the rack
  - name: core-01 # top
    mac: 52:54:00:aa:00:01
userData: user-data
`;
  expect(addMachine(text, { marks, role: 'proxy' })).toEqual({
    kind: 'ok',
    name: 'core-02',
    text: `# mine
name: lab
machines:
  # the rack
  - name: core-01 # top
    mac: 52:54:00:aa:00:01
  - name: core-02
    mac: 52:54:00:aa:00:09
    role: proxy
userData: user-data
`,
  });
});

test.each([
  [
    'a number',
    'machines: 1\n',
    'core-02',
    'machines:\n  - name: core-01\n  - name: core-02\n    mac: 52:54:00:aa:00:09\n',
  ],
  [
    'an empty list',
    'machines: []\n',
    'core-01',
    'machines:\n  - name: core-01\n    mac: 52:54:00:aa:00:09\n',
  ],
  [
    'an item without a name',
    'machines: [{role: member}]\n',
    'core-02',
    'machines:\n  - {role: member}\n  - name: core-02\n    mac: 52:54:00:aa:00:09\n',
  ],
])('%s becomes a list', (_what, text, name, after) => {
  expect(addMachine(text, { marks })).toEqual({ kind: 'ok', name, text: after });
});

test('an empty file has the three that it means, and one more', () => {
  const added = addMachine('', { marks, name: 'web' });
  expect(added).toMatchObject({ kind: 'ok', name: 'web' });
  expect(added.kind === 'ok' ? added.text.match(/- name/g) : []).toHaveLength(4);
});

test('a name that waits for its hardware gets it; one that has some keeps it', () => {
  expect(addMachine('machines: 2\n', { marks, name: 'core-02' })).toMatchObject({
    text: 'machines:\n  - name: core-01\n  - name: core-02\n    mac: 52:54:00:aa:00:09\n',
  });
  const taken = addMachine('machines: [{name: a, serial: x}]', { marks, name: 'a' });
  expect(taken).toMatchObject({
    kind: 'bad',
    problem: 'the machine "a" is there already, with a mark of its own',
  });
});
