// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { qemuOptionParser, readQemuOptions } from './options.js';

test('what is left out has a default', () => {
  const defaults = {
    program: 'qemu-system-x86_64',
    memoryMib: 1024,
    cpus: 1,
    diskMib: undefined,
    network: 'user',
    accel: 'auto',
    ports: [],
  };
  expect(readQemuOptions(undefined)).toEqual(defaults);
  expect(readQemuOptions(null)).toEqual(defaults);
});

test.each([
  ['768M', 768],
  ['768 MiB', 768],
  ['2g', 2048],
  ['2GB', 2048],
])('a memory of %s', (memory, memoryMib) => {
  expect(readQemuOptions({ memory }).memoryMib).toBe(memoryMib);
});

test.each([
  [{ memory: '768' }, 'memory', '"768" is no size'],
  [{ memory: '8M' }, 'memory', 'a memory of 8M is not from 64M to 1024G'],
  [{ memory: 768 }, 'memory', 'a memory is a text, for example "64M"'],
  [{ disk: '1M' }, 'disk', 'a disk of 1M is not from 16M'],
  [{ cores: 2 }, 'cores', 'the qemu provider has no option "cores"'],
  [{ program: 'a\nb' }, 'program', ''],
  [{ ports: [0] }, 'ports', ''],
  [{ network: 'nat' }, 'network', ''],
])('%o is refused, with advice', (value, path, message) => {
  const parsed = qemuOptionParser.parse(value);
  if (parsed.kind !== 'bad') throw new Error('was accepted');
  expect(parsed.problems).toHaveLength(1);
  expect(parsed.problems[0]).toMatchObject({
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/./),
  });
  expect(parsed.problems[0]?.path[0]).toBe(path);
  expect(() => readQemuOptions(value)).toThrowError();
});
