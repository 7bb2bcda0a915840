// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type Action, setVariables } from '../cloudconfig/index.js';
import { mergeWrites } from './merge-writes.js';

const path = '/etc/coreos/update.conf';
const set: Action = {
  kind: 'set-variables',
  path,
  template: '',
  variables: { GROUP: 'beta' },
  reason: 'coreos.update',
};

function file(part: Partial<Action & { readonly kind: 'write-file' }>): Action {
  const base = { kind: 'write-file', path, content: '', encoding: 'utf8', mode: 0o600, owner: '' } as const;
  return { ...base, reason: 'write_files[0]', ...part };
}

test('variables of a file that is written too go into its text', () => {
  const other = file({ path: '/etc/other' });
  expect(mergeWrites([file({ content: 'GROUP=stable\nX=1\n' }), other, set], setVariables)).toEqual([
    file({ content: 'GROUP=beta\nX=1\n' }),
    other,
  ]);
  const packed = file({ content: Buffer.from('X=1\n').toString('base64'), encoding: 'base64' });
  expect(mergeWrites([packed, set], setVariables)).toEqual([file({ content: 'X=1\nGROUP=beta\n' })]);
});

test('others stay as they are', () => {
  const actions = [file({ path: '/etc/other' }), set];
  expect(mergeWrites(actions, setVariables)).toEqual(actions);
});
