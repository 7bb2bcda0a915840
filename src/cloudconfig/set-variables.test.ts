// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setVariables } from './set-variables.js';

test.each([
  ['', { A: '1', B: '2' }, 'A=1\nB=2\n'],
  ['# updates\nGROUP=alpha\nSERVER=x', { GROUP: 'beta' }, '# updates\nGROUP=beta\nSERVER=x\n'],
  ['GROUPS=a\nGROUP=alpha\nGROUP=later\n', { GROUP: 'beta' }, 'GROUPS=a\nGROUP=beta\n'],
  ['export A=1\n\n', { A: '2', B: 'b c' }, 'A=2\n\nB=b c\n'],
])('%j with %j', (before, variables, after) => {
  expect(setVariables(before, variables)).toBe(after);
});

test('setting the same again changes nothing', () => {
  const variables = fc.dictionary(fc.stringMatching(/^[A-Z_]{1,4}$/), fc.stringMatching(/^[a-z0-9 =]{0,5}$/));
  fc.assert(
    fc.property(fc.stringMatching(/^([A-Z_=#]{0,6}\n){0,5}[A-Z=]{0,3}$/), variables, (text, wanted) => {
      const once = setVariables(text, wanted);
      expect(setVariables(once, wanted)).toBe(once);
      for (const [name, value] of Object.entries(wanted)) expect(once).toContain(`${name}=${value}\n`);
    }),
  );
});
