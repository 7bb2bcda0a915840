// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { setImage } from './set-image.js';

test.each([
  ['', 'image: new\n', ''],
  ['# mine\nmachines: 3 # of them\n', '# mine\nmachines: 3 # of them\nimage: new\n', ''],
  ['image: old\nname: x\n', 'image: new\nname: x\n', 'old'],
  ['image: {kernel: k, initrd: [i]}\n', 'image: new\n', undefined],
])('%j', (text, expected, before) => {
  expect(setImage(text, 'new')).toEqual({ text: expected, before });
});
