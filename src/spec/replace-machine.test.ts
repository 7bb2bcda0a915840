// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { replaceMachine } from './replace-machine.js';

const text = `# ours
store: etcd
machines:
  - name: core-01 # first
    uuid: 9b5c0d5e-2f0e-4c1a-8a3e-0f1e2d3c4b5a
  - {name: spare, role: proxy}
`;

test('a spare machine changes roles with the member; comments stay', () => {
  expect(replaceMachine(text, 'core-01', 'spare')).toEqual({
    kind: 'ok',
    text: `# ours
store: etcd
machines:
  - name: core-01 # first
    uuid: 9b5c0d5e-2f0e-4c1a-8a3e-0f1e2d3c4b5a
    role: proxy
  - { name: spare, role: member }
`,
  });
});

test('new hardware is known by its MAC alone', () => {
  const done = replaceMachine(text, 'core-01', '52:54:00:AA:00:01');
  expect(done).toMatchObject({ text: expect.stringContaining('mac: 52:54:00:aa:00:01') });
  expect(done).toMatchObject({ text: expect.not.stringContaining('uuid') });
});

test.each([
  ['nobody', 'spare', 'no machine "nobody"'],
  ['core-01', 'nobody', 'no machine "nobody"'],
  ['spare', 'core-01', 'is a proxy'],
])('%s by %s is refused', (name, by, problem) => {
  expect(replaceMachine(text, name, by)).toMatchObject({
    kind: 'bad',
    problem: expect.stringContaining(problem),
  });
});

test('a number of machines has no names to replace', () => {
  expect(replaceMachine('machines: 3\n', 'core-01', 'core-02').kind).toBe('bad');
});
