// SPDX-License-Identifier: Apache-2.0

import type { z } from 'zod';
import type { Issue } from '../model/index.js';
import { type DataEdit, editData, valueAt } from './data-edit.js';
import { type DataPath, quoteValue } from './data-path.js';
import { nounOf, wordIssue } from './issue-text.js';
import { hintForName } from './nearest-name.js';
import { hintAt, inputSchema, type JsonSchema, keysAt } from './schema-hint.js';

/** A problem in plain data, before it is known where in the text it stands. */
export interface DataProblem {
  readonly severity: Issue['severity'];
  /** What kind of problem it is, for programs. */
  readonly rule?: string;
  readonly path: DataPath;
  /** 1-based; which line of the value's text is meant, where it has several. */
  readonly line?: number;
  /** Whether the key or its value is wrong. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint: string;
}

export interface CheckOptions {
  /** How a number or boolean is written, where text is wanted: `1.10`, `on`. Left out: it is refused there. */
  readonly textAt?: (path: DataPath) => string | undefined;
  /** `warning`: a key that the schema does not know is reported and left out. */
  readonly unknownKeys: 'error' | 'warning';
}

export type CheckResult<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly problems: readonly DataProblem[] }
  | { readonly kind: 'bad'; readonly problems: readonly DataProblem[] };

/** Each pass mends all that it can; what shows only after mending takes another. */
const maxPasses = 8;

/**
 * Checks plain data against a schema and words all problems at once. Where the schema wants text and the data
 * has a number or a boolean, the text as written is taken, if `textAt` is given.
 *
 * Cost: one pass of the schema, a second one when something was mended.
 */
export function checkData<S extends z.ZodType>(
  data: unknown,
  schema: S,
  options: CheckOptions,
): CheckResult<z.output<S>> {
  let current = data;
  const warnings: DataProblem[] = [];
  let json: JsonSchema | undefined;
  const jsonSchema = () => {
    json ??= inputSchema(schema);
    return json;
  };
  for (let pass = 1; ; pass++) {
    const result = schema.safeParse(current, { error: wordIssue });
    if (result.success) return { kind: 'ok', value: result.data, problems: warnings };
    const faults = result.error.issues.flatMap((issue) => flatten(issue, [], current));
    const edits = faults.flatMap((fault) => mend(fault, current, options));
    if (options.unknownKeys === 'warning')
      warnings.push(...faults.flatMap((fault) => unknownKeys(fault, jsonSchema, 'warning')));
    if (edits.length === 0 || pass === maxPasses) {
      const problems = faults.flatMap((fault) => problemsOf(fault, jsonSchema, current));
      return { kind: 'bad', problems: [...warnings, ...problems] };
    }
    current = editData(current, edits);
  }
}

/** A schema's problem at its full path; of a union, the problems of the shape that was most likely meant. */
interface Fault {
  readonly issue: z.core.$ZodIssue;
  readonly path: DataPath;
  /** For a value that fits no shape of a union: the types that would. */
  readonly expected: readonly string[];
}

function flatten(issue: z.core.$ZodIssue, above: DataPath, data: unknown): readonly Fault[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  if (issue.code !== 'invalid_union') return [{ issue, path, expected: expectedOf(issue) }];
  const value = valueAt(data, path);
  const likely = issue.errors.find((branch) => !branch.some((inner) => isWrongShape(inner, value)));
  if (likely !== undefined) return likely.flatMap((inner) => flatten(inner, path, data));
  return [{ issue, path, expected: issue.errors.flatMap((branch) => branch.flatMap(expectedOf)) }];
}

function isWrongShape(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof value === 'object');
}

function expectedOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_type') return [issue.expected];
  const isTextList =
    issue.code === 'invalid_value' && issue.values.every((value) => typeof value === 'string');
  return isTextList ? ['string'] : [];
}

function mend(fault: Fault, data: unknown, options: CheckOptions): readonly DataEdit[] {
  const { issue, path } = fault;
  if (issue.code === 'unrecognized_keys' && options.unknownKeys === 'warning')
    return issue.keys.map((key) => ({ kind: 'remove', path: [...path, key] }));
  if (options.textAt === undefined || !fault.expected.includes('string')) return [];
  const value = valueAt(data, path);
  if (typeof value !== 'number' && typeof value !== 'boolean') return [];
  return [{ kind: 'replace', path, value: options.textAt(path) ?? String(value) }];
}

function problemsOf(fault: Fault, jsonSchema: () => JsonSchema, data: unknown): readonly DataProblem[] {
  const { issue, path } = fault;
  if (issue.code === 'unrecognized_keys') return unknownKeys(fault, jsonSchema, 'error');
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  const at = inner === undefined ? 'value' : 'key';
  const told = issue.code === 'custom' ? issue.params?.hint : undefined;
  const hint = typeof told === 'string' ? told : hintAt(jsonSchema(), path);
  const isType = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  const rule = isType ? 'wrong-type' : 'wrong-value';
  return [{ severity: 'error', rule, path, at, message: inner?.message ?? messageOf(fault, data), hint }];
}

function messageOf({ issue, path, expected }: Fault, data: unknown): string {
  if (issue.code !== 'invalid_union' || expected.length === 0) return issue.message;
  const nouns = [...new Set(expected.map(nounOf))];
  return `${nouns.join(' or ')} is expected here, not ${quoteValue(valueAt(data, path))}`;
}

/** Whether a problem is a key that a schema does not know: as a warning, it says that the key is left out. */
export function isUnknownKey({ message }: Pick<DataProblem, 'message'>): boolean {
  return /^unknown key "/.test(message);
}

function unknownKeys(
  fault: Fault,
  jsonSchema: () => JsonSchema,
  severity: DataProblem['severity'],
): readonly DataProblem[] {
  const { issue, path } = fault;
  if (issue.code !== 'unrecognized_keys') return [];
  const known = keysAt(jsonSchema(), path);
  return issue.keys.map((key) => ({
    severity,
    rule: 'unknown-key',
    path: [...path, key],
    at: 'key',
    message: `unknown key ${quoteValue(key)}`,
    hint: hintForName(key, known),
  }));
}
