// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { DataPath } from './data-path.js';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * What an operator should write, for one field: shown below a problem, and by editors. `description` says what the
 * field is for, `hint` what is right for it.
 */
export function told<S extends z.ZodType>(
  schema: S,
  description: string,
  hint: string,
  examples: readonly unknown[] = [],
): S {
  return schema.meta({
    description,
    errorMessage: hint,
    ...(examples.length > 0 && { examples: [...examples] }),
  });
}

/** The JSON Schema of what an operator writes, before defaults and conversions. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const known = inputSchemas.get(schema) ?? makeInputSchema(schema);
  inputSchemas.set(schema, known);
  return known;
}

/** Making one takes as long as checking a hundred values. */
const inputSchemas = new WeakMap<z.ZodType, JsonSchema>();

function makeInputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-7',
    // The library drops the examples of whatever is converted after reading.
    override: ({ zodSchema, jsonSchema }) => {
      const told = z.globalRegistry.get(zodSchema);
      if (Array.isArray(told?.examples)) jsonSchema.examples = told.examples;
    },
  });
}

/** The hint told for the value at `path`, or for the nearest mapping or list that it is in; empty when there is none. */
export function hintAt(schema: JsonSchema, path: DataPath): string {
  for (const part of partsAt(schema, path)) {
    if (typeof part.errorMessage === 'string') return part.errorMessage;
  }
  return path.length === 0 ? '' : hintAt(schema, path.slice(0, -1));
}

/** Names of the keys that a mapping at `path` may hold. */
export function keysAt(schema: JsonSchema, path: DataPath): readonly string[] {
  return partsAt(schema, path).flatMap((part) => Object.keys(recordOf(part.properties)));
}

/** All parts of the schema that speak of `path`: several where a value may have several shapes. */
function partsAt(schema: JsonSchema, path: DataPath): readonly JsonSchema[] {
  let parts = shapesOf(schema);
  for (const step of path) parts = parts.flatMap((part) => shapesOf(stepInto(part, step)));
  return parts;
}

function shapesOf(part: JsonSchema): readonly JsonSchema[] {
  const shapes = [part.anyOf, part.oneOf, part.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return [part, ...shapes.map(recordOf).flatMap(shapesOf)];
}

function stepInto(part: JsonSchema, step: string | number): JsonSchema {
  if (typeof step === 'number') return recordOf(part.items);
  const properties = recordOf(part.properties);
  return recordOf(Object.hasOwn(properties, step) ? properties[step] : part.additionalProperties);
}

function recordOf(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
