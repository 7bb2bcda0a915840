// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { clusterFileSchema } from './cluster-file-schema.js';
import type { OptionParser } from './cluster-spec.js';
import { parseClusterFile } from './parse-cluster-file.js';
import { renderClusterFile } from './render-cluster-file.js';
import { openYaml } from './yaml-document.js';

const noOptions: OptionParser = {
  parse: (value) => ({ kind: 'ok', options: value }),
  jsonSchema: () => ({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { network: { type: 'string' } },
    additionalProperties: false,
  }),
};

const providers = new Map([['local', noOptions]]);

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../examples', name, 'cluster.yaml'), 'utf8');
}

function accepts(text: string): boolean {
  const opened = openYaml(text);
  const schema = z.fromJSONSchema(clusterFileSchema(providers));
  return opened.kind === 'ok' && schema.safeParse(opened.document.value).success;
}

test.each([
  ['default', ['core-01', 'core-02', 'core-03']],
  ['article', ['core-01', 'core-02', 'core-03']],
  ['rack', ['core-01', 'core-02', 'core-03', 'worker-01', 'worker-02']],
])('the example %s parses without a warning, and the schema for editors takes it', (name, machines) => {
  const parsed = parseClusterFile(read(name), { providers });
  expect(parsed).toMatchObject({
    kind: 'ok',
    warnings: [],
    spec: { userData: { kind: 'file', path: 'user-data' } },
  });
  expect(parsed.kind === 'ok' && parsed.spec.machines.map((machine) => machine.name)).toEqual(machines);
  expect(accepts(read(name))).toBe(true);
});

test('the default example is what init writes', () => {
  expect(read('default')).toBe(renderClusterFile({ userData: 'user-data' }));
});

test.each([
  ['an unknown key', 'nmae: a\n'],
  ['a wrong type', 'machines: many\n'],
  ['a port out of range', 'control: {port: 70000}\n'],
  ['another store', 'store: disk\n'],
  ['an unknown provider', 'provider: qemu\n'],
  ['an unknown option of a provider', 'provider: {name: local, size: 1}\n'],
])('the schema for editors refuses %s', (_, text) => {
  expect(accepts(text)).toBe(false);
  expect(parseClusterFile(text, { providers }).kind === 'bad' || text.includes('size')).toBe(true);
});

test('the schema says what each field is for, with examples, and has the keys of cloud-config', () => {
  const cloudConfig: OptionParser = {
    parse: noOptions.parse,
    jsonSchema: () => ({ type: 'object', properties: { hostname: { type: 'string' } } }),
  };
  const schema = clusterFileSchema(providers, cloudConfig);
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Cluster file of muster',
    additionalProperties: false,
    properties: {
      name: { description: expect.stringContaining('Name of the cluster'), examples: ['muster'] },
      control: { properties: { port: { default: 7979, minimum: 1, maximum: 65535 } } },
      provider: { anyOf: [{ enum: ['local'] }, { properties: { name: { const: 'local' }, network: {} } }] },
      userData: { anyOf: [{ type: 'string' }, { properties: { hostname: {} } }] },
      machines: {
        anyOf: [
          { type: 'integer' },
          { items: { properties: { userData: { anyOf: [{}, { type: 'object' }] } } } },
        ],
      },
    },
  });
});
