// SPDX-License-Identifier: Apache-2.0

import { clusterFileFields } from './cluster-file.js';
import type { OptionParser } from './cluster-spec.js';
import type { OptionParsers } from './provider-choice.js';
import { inputSchema, type JsonSchema } from './schema-hint.js';

/**
 * JSON Schema (draft 7) of the cluster file, with which editors complete and check it. The options of each provider
 * and, with a parser for them, cloud-config keys written in place come from the rooms that know them.
 */
export function clusterFileSchema(providers: OptionParsers, inlineUserData?: OptionParser): JsonSchema {
  const { $schema, ...schema } = inputSchema(clusterFileFields);
  const properties = recordOf(schema.properties);
  const provider = { ...omitShapes(recordOf(properties.provider)), anyOf: providerShapes(providers) };
  const whole = { ...schema, properties: { ...properties, provider } };
  return {
    $schema,
    title: 'Cluster file of muster',
    description:
      'Describes one cluster of machines. Every field has a default; an empty file is a cluster of three.',
    ...recordOf(inlineUserData === undefined ? whole : withUserData(whole, inlineUserData.jsonSchema())),
  };
}

function providerShapes(providers: OptionParsers): readonly JsonSchema[] {
  const names = { type: 'string', enum: [...providers.keys()] };
  return [names, ...[...providers].map(([name, parser]) => providerShape(name, parser.jsonSchema()))];
}

function providerShape(name: string, schema: JsonSchema): JsonSchema {
  const { $schema: _, ...options } = schema;
  const properties = { name: { const: name }, ...recordOf(options.properties) };
  const required = Array.isArray(options.required) ? options.required : [];
  return { ...options, type: 'object', properties, required: ['name', ...required] };
}

/** A copy in which each mapping of `userData` has the schema of cloud-config. */
function withUserData(value: unknown, schema: JsonSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => withUserData(item, schema));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'userData' ? userDataShape(item, schema) : withUserData(item, schema),
    ]),
  );
}

function userDataShape(field: unknown, { $schema: _, ...schema }: JsonSchema): JsonSchema {
  return { ...omitShapes(recordOf(field)), anyOf: [{ type: 'string' }, schema] };
}

function omitShapes({ anyOf: _, ...field }: JsonSchema): JsonSchema {
  return field;
}

function recordOf(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
