// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { BootstrapKind } from '../model/index.js';
import { chooseBootstrap } from './choose-bootstrap.js';

const dead = 'https://discovery.example.com/6a28e078895c5ec737174db2419bb2f3';
const list = 'a=http://10.0.0.1:2380';

test.each<[BootstrapKind | undefined, Record<string, string | boolean>, BootstrapKind, string | undefined]>([
  [undefined, {}, 'static', undefined],
  [undefined, { proxy: 'on', 'initial-cluster-state': 'new' }, 'static', undefined],
  [undefined, { 'initial-cluster': list }, 'static', undefined],
  [undefined, { 'initial-cluster': list, 'initial-cluster-state': 'existing' }, 'seed', undefined],
  [undefined, { 'discovery-srv': 'example.com' }, 'srv', undefined],
  [undefined, { 'discovery-srv': 'example.org' }, 'srv', 'the zone of this cluster is "example.com"'],
  [undefined, { discovery: dead }, 'discovery', 'is not asked'],
  ['seed', {}, 'seed', undefined],
  ['seed', { discovery: dead }, 'seed', 'the cluster file\'s bootstrap "seed" counts'],
  ['seed', { 'initial-cluster': list }, 'seed', '"initial-cluster" does not count'],
  ['static', { 'initial-cluster': list }, 'static', undefined],
  ['static', { 'initial-cluster-state': 'existing' }, 'static', '"initial-cluster-state" does not count'],
  ['srv', { discovery: dead }, 'srv', '"discovery" does not count'],
  ['discovery', { 'discovery-srv': 'example.com' }, 'discovery', '"discovery-srv" does not count'],
])('the file says %s, the user-data %j', (written, options, kind, warning) => {
  const found = chooseBootstrap(written, [{ machine: 'm1', file: 'user-data', options }], 'example.com');
  expect(found.kind).toBe(kind);
  if (warning === undefined) expect(found.warnings).toEqual([]);
  else
    expect(found.warnings).toMatchObject([{ file: 'user-data', message: expect.stringContaining(warning) }]);
});

test('the name that SRV records carry is of the first machine that says one', () => {
  const options = ['', 'blue', 'green'].map((name) => ({
    'discovery-srv': 'example.com',
    'discovery-srv-name': name,
  }));
  const members = options.map((one, index) => ({ machine: `m${index}`, file: 'a', options: one }));
  expect(chooseBootstrap(undefined, members, 'example.com').srvName).toBe('blue');
  expect(chooseBootstrap('srv', [], 'example.com').srvName).toBe('');
});

test('the first machine that says something counts; those that share a user-data are told once', () => {
  const silent = { machine: 'm1', file: 'a', options: {} };
  const others = ['m2', 'm3'].map((machine) => ({ machine, file: 'b', options: { discovery: dead } }));
  const last = { machine: 'm4', file: 'c', options: { 'discovery-srv': 'example.com' } };
  const found = chooseBootstrap(undefined, [silent, ...others, last], 'example.com');
  expect(found.kind).toBe('discovery');
  expect(found.warnings.map(({ file, message }) => [file, message])).toEqual([
    ['b', expect.stringContaining('is not asked')],
    ['c', '"discovery-srv" does not count: "discovery" of m2 counts'],
  ]);
});
