// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { ClusterSpec, OptionParser } from './cluster-spec.js';
import { diffSpec } from './diff-spec.js';
import { parseClusterFile } from './parse-cluster-file.js';

const any: OptionParser = { parse: (value) => ({ kind: 'ok', options: value }), jsonSchema: () => ({}) };

function parse(text: string): ClusterSpec {
  const parsed = parseClusterFile(text, { providers: new Map([['local', any]]) });
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

const diff = (before: string, after: string) => diffSpec(parse(before), parse(after)).map(({ text }) => text);

test('the same cluster in other words does not differ', () => {
  expect(diff('', 'machines: [{name: core-03}, {name: core-01}, {name: core-02, metadata: {}}]')).toEqual([]);
  expect(diff('machines: [{metadata: {a: 1, b: 2}}]', 'machines: [{metadata: {b: 2, a: 1}}]')).toEqual([]);
});

test('the order of keys does not count, also in keys written in place', () => {
  const before = 'userData: {write_files: [{path: /a, content: b}], hostname: c}';
  expect(diff(before, 'userData: {hostname: c, write_files: [{content: b, path: /a}]}')).toEqual([]);
  expect(diff(before, 'userData: {hostname: c, write_files: [{content: x, path: /a}]}')).toEqual([
    'userData.config.write_files changes from [{content: "b", path: "/a"}] to [{content: "x", path: "/a"}]',
  ]);
});

test('settings, and machines added, removed and changed', () => {
  const before =
    'machines: [{name: a, mac: "52:54:00:00:00:01"}, {name: b}, {name: c, metadata: {rack: a1}}]';
  const after = `name: lab
control: {port: 8080}
provider: {name: local, network: 127.77.0.0/22}
userData: user-data
machines: [{name: c, role: proxy, metadata: {rack: a2}}, {name: a}, {name: d}]`;
  expect(diffSpec(parse(before), parse(after))).toEqual([
    { kind: 'setting-changed', field: 'name', text: 'name changes from "muster" to "lab"' },
    {
      kind: 'setting-changed',
      field: 'provider.options.network',
      text: 'provider.options.network changes from nothing to "127.77.0.0/22"',
    },
    { kind: 'setting-changed', field: 'control.port', text: 'control.port changes from 7979 to 8080' },
    {
      kind: 'setting-changed',
      field: 'userData',
      text: 'userData changes from nothing to {kind: "file", path: "user-data"}',
    },
    {
      kind: 'machine-changed',
      machine: 'a',
      field: 'marks.mac',
      text: 'machine a: marks.mac changes from "52:54:00:00:00:01" to nothing',
    },
    { kind: 'machine-removed', machine: 'b', text: 'machine b is removed' },
    {
      kind: 'machine-changed',
      machine: 'c',
      field: 'role',
      text: 'machine c: role changes from "member" to "proxy"',
    },
    {
      kind: 'machine-changed',
      machine: 'c',
      field: 'metadata.rack',
      text: 'machine c: metadata.rack changes from "a1" to "a2"',
    },
    { kind: 'machine-added', machine: 'd', text: 'machine d is added' },
  ]);
});
