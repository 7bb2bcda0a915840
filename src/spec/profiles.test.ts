// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { clusterFileSchema } from './cluster-file-schema.js';
import type { ClusterSpec } from './cluster-spec.js';
import { parseClusterFile } from './parse-cluster-file.js';

const local = {
  parse: () => ({ kind: 'ok' as const, options: {} }),
  jsonSchema: () => ({ type: 'object' }),
};
const options = { providers: new Map([['local', local]]) };
const sum = 'ab'.repeat(32);

function parse(text: string): ClusterSpec {
  const parsed = parseClusterFile(text, options);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

function problems(text: string): readonly string[] {
  const parsed = parseClusterFile(text, options);
  if (parsed.kind === 'ok') return [];
  return parsed.issues.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

test('an image is a name, or files by path or URL', () => {
  expect(parse('image: base-2').image).toEqual({
    kind: 'built',
    name: 'base-2',
    args: [],
    reads: 'cloud-config',
  });
  expect(parse('image: {name: base, args: console=ttyS0  quiet}').image).toMatchObject({
    kind: 'built',
    args: ['console=ttyS0', 'quiet'],
  });
  const text = `image:
  kernel: {url: "https://example.org/vmlinuz", sha256: ${sum.toUpperCase()}}
  initrd: [base.cpio, {path: more.cpio, sha256: ${sum}}]
  args: [a, "b c"]
  reads: flatcar
`;
  expect(parse(text).image).toEqual({
    kind: 'files',
    kernel: { kind: 'url', url: 'https://example.org/vmlinuz', sha256: sum },
    initrds: [
      { kind: 'path', path: 'base.cpio', sha256: undefined },
      { kind: 'path', path: 'more.cpio', sha256: sum },
    ],
    args: ['a', 'b c'],
    reads: 'flatcar',
  });
});

test('a profile has a selector in one notation, and an image of its own or the cluster’s', () => {
  const { profiles } = parse(`profiles:
  - {name: all, args: quiet}
  - name: one
    selector: {mac: 52-54-00-AA-00-01, rack: 7}
    kernel: vmlinuz
    reads: fcos
    userData: {hostname: one}
`);
  expect(profiles).toEqual([
    { name: 'all', selector: {}, image: undefined, args: ['quiet'], reads: undefined, userData: undefined },
    {
      name: 'one',
      selector: { mac: '52:54:00:aa:00:01', rack: '7' },
      image: {
        kind: 'files',
        kernel: { kind: 'path', path: 'vmlinuz', sha256: undefined },
        initrds: [],
        args: [],
        reads: 'cloud-config',
      },
      args: [],
      reads: 'fcos',
      userData: { kind: 'inline', config: { hostname: 'one' } },
    },
  ]);
});

test.each([
  [
    'a URL without checksum',
    'image: {kernel: "https://h/k"}',
    '1:17 image.kernel: a URL needs the checksum of its file',
  ],
  [
    'a URL of another kind',
    `image: {kernel: {url: "ftp://h/k", sha256: ${sum}}}`,
    '1:23 image.kernel.url: "ftp://h/k" is not an http or https URL',
  ],
  ['a path as name', 'image: images/base', '1:8 image: "images/base" is not the name of an image'],
  ['no kernel', 'image: {args: quiet}', '1:8 image: an image has a name or a kernel'],
  [
    'a name and a kernel',
    'image: {name: a, kernel: b}',
    '1:26 image.kernel: a built image has its own kernel',
  ],
  [
    'a short checksum',
    'image: {kernel: {path: k, sha256: ab}}',
    '1:35 image.kernel.sha256: "ab" is not a SHA-256 checksum',
  ],
  [
    'a profile without name',
    'profiles: [{args: a}]',
    '1:12 profiles[0].name: text is expected here, not nothing',
  ],
  [
    'a MAC that is none',
    'profiles: [{name: a, selector: {mac: x}}]',
    '1:38 profiles[0].selector.mac: "x" is not a MAC address',
  ],
  [
    'an image and a kernel',
    'profiles: [{name: a, image: b, kernel: c}]',
    '1:40 profiles[0].kernel: it has both an image and a kernel',
  ],
  [
    'an initrd alone',
    'profiles: [{name: a, initrd: c}]',
    '1:30 profiles[0].initrd: an initrd needs a kernel',
  ],
  ['an unknown key', 'profiles: [{name: a, kernels: c}]', '1:22 profiles[0].kernels: unknown key "kernels"'],
  [
    'a name that comes twice',
    'profiles: [{name: a}, {name: a, selector: {rack: b}}]',
    '1:30 profiles[1].name: the name "a" is also that of profiles[0]',
  ],
  [
    'two defaults',
    'profiles: [{name: a}, {name: b}]',
    '1:23 profiles[1].selector: profiles[0] has the same selector',
  ],
  [
    'one selector in two notations',
    'profiles: [{name: a, selector: {mac: 52-54-00-AA-00-01}}, {name: b, selector: {mac: "525400aa0001"}}]',
    '1:79 profiles[1].selector: profiles[0] has the same selector',
  ],
])('%s is a problem with its place', (_what, text, problem) => {
  expect(problems(text)).toContain(problem);
});

test('the schema for editors knows both', () => {
  const schema = JSON.stringify(clusterFileSchema(options.providers));
  for (const word of ['"profiles"', '"selector"', '"image"', '"sha256"']) expect(schema).toContain(word);
});
