// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { isMusterError } from '../../model/index.js';
import { type IpxeBoot, renderBoot } from './ipxe.js';

const control = 'http://127.77.4.1:7070';
const boot: IpxeBoot = { machine: 'core-01', kernel: 'http://h/k', initrds: [], args: ['console=ttyS0'] };

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return isMusterError(error) ? error.code : String(error);
  }
  return 'nothing was thrown';
}

test.each([
  ['a line end', 'a\nshell'],
  ['a return', 'a\rb'],
  ['a connector', 'a || b'],
  ['the other connector', '&&'],
  ['a semicolon of its own', 'a ; b'],
  ['a comment', '#a'],
  ['a comment behind a blank', 'a #b'],
  ['a backslash at the end', 'a\\'],
  ['a zero byte', 'a\0'],
])('an argument with %s is refused', (_what, arg) => {
  expect(codeOf(() => renderBoot({ ...boot, args: [arg] }, control))).toBe('boot/unfit-word');
});

test.each(['', 'http://h/a b', 'http://h/a\nb', '||'])('the kernel URL "%s" is refused', (kernel) => {
  expect(codeOf(() => renderBoot({ ...boot, kernel }, control))).toBe('boot/unfit-word');
});

test('what iPXE can take is taken as it is', () => {
  const args = ['root=/dev/sda#1', 'a=b;c', 'dyndbg="file x.c +p; file y.c +p"', `host=\${hostname}`];
  expect(renderBoot({ ...boot, args }, control)).toContain(
    `\nkernel http://h/k root=/dev/sda#1 a=b;c dyndbg="file x.c +p; file y.c +p" host=\${hostname} || goto retry\n`,
  );
});
