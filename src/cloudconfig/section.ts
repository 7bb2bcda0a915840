// SPDX-License-Identifier: Apache-2.0

import type { z } from 'zod';
import type { MachineFacts } from '../model/index.js';
import { checkData, type DataPath, type DataProblem, quoteValue } from '../spec/index.js';
import type { Action } from './action.js';
import type { CloudConfig } from './cloud-config.js';

/** Unpacks gzip; throws, or returns `undefined`, when the bytes are none or unpack to more than `maxBytes`. */
export type Gunzip = (bytes: Uint8Array, maxBytes: number) => Uint8Array | undefined;

/** What a section needs beside its value. */
export interface SectionContext {
  /** A scalar as it is written, by its path in the whole text. */
  readonly textAt: (path: DataPath) => string | undefined;
  readonly gunzip: Gunzip | undefined;
}

/** What a section contributes; paths of problems begin at the top of the text. */
export interface SectionPart {
  readonly part: Partial<CloudConfig>;
  readonly problems: readonly DataProblem[];
}

/** When an action is done; earlier phases of all sections come before later ones of any. */
export const phases = [
  'hostname',
  'users',
  'keys',
  'files',
  'settings',
  'units',
  'enable',
  'networks',
  'commands',
] as const;

export interface PhasedAction {
  readonly phase: (typeof phases)[number];
  readonly action: Action;
}

/**
 * One section of cloud-config: everything that is known of one key. All of it is pure. To add one: a file here,
 * a field in `CloudConfig`, a line in `sections/index.ts`.
 */
export interface Section {
  /** With underscores: `['coreos', 'units']`. */
  readonly key: readonly string[];
  /** Of the value at `key`, for editors. */
  readonly schema: z.ZodType;
  /** `value` is never `undefined`. */
  parse(value: unknown, context: SectionContext): SectionPart;
  /** Plain data that parses to the same again; `undefined` when there is nothing to say. */
  render(config: CloudConfig): unknown;
  /** What becomes of this section when `over` is laid over `base`. */
  lay(base: CloudConfig, over: CloudConfig): Partial<CloudConfig>;
  plan(config: CloudConfig, facts: MachineFacts): readonly PhasedAction[];
}

/**
 * Checks a section's value: the problems at their full paths, and what `toPart` makes of a value that is right. Of a
 * mapping that is not, it gets what is left without the wrong keys, so that one problem hides no others.
 */
export function checkSection<S extends z.ZodType>(
  key: DataPath,
  value: unknown,
  schema: S,
  context: SectionContext,
  toPart: (value: z.output<S>) => SectionPart,
): SectionPart {
  const { kept, problems } = checkKept(key, value, schema, context);
  if (kept === undefined) return { part: {}, problems };
  const { part, problems: further } = toPart(kept);
  return { part, problems: [...problems, ...further] };
}

/**
 * As `checkSection`, item by item. In the place of an item of which nothing is left stands `hole`: places are told by
 * index.
 */
export function checkItems<S extends z.ZodType>(
  key: DataPath,
  value: unknown,
  list: z.ZodType,
  { item, hole }: { readonly item: S; readonly hole: z.output<S> },
  context: SectionContext,
  toPart: (values: readonly z.output<S>[]) => SectionPart,
): SectionPart {
  if (!Array.isArray(value))
    return checkSection(key, value, list, context, () => ({ part: {}, problems: [] }));
  let found = 0;
  const checked = value.map((one: unknown, index): Kept<z.output<S>> => {
    if (found > mostProblems) return { kept: undefined, problems: [] };
    const kept = checkKept([...key, index], one, item, context);
    found += kept.problems.length;
    return kept;
  });
  const { part, problems } = toPart(checked.map(({ kept = hole }) => kept));
  return { part, problems: [...checked.flatMap((one) => one.problems), ...problems] };
}

/** No report holds more: what comes after them is not looked at. */
const mostProblems = 200;

interface Kept<T> {
  readonly kept: T | undefined;
  readonly problems: readonly DataProblem[];
}

function checkKept<S extends z.ZodType>(
  key: DataPath,
  value: unknown,
  schema: S,
  context: SectionContext,
): Kept<z.output<S>> {
  const textAt = (path: DataPath) => context.textAt([...key, ...path]);
  const options = { textAt, unknownKeys: 'warning' } as const;
  const checked = checkData(value, schema, options);
  const problems = checked.problems.map((problem) => ({ ...problem, path: [...key, ...problem.path] }));
  if (checked.kind === 'ok') return { kept: checked.value, problems };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kept: undefined, problems };
  const wrong = new Set(checked.problems.map(({ path }) => path[0]));
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => !wrong.has(name)));
  const again = checkData(rest, schema, options);
  return { kept: again.kind === 'ok' ? again.value : undefined, problems };
}

/** A problem that is no reason to refuse the text. */
export function warning(path: DataPath, message: string, hint: string, rule = 'doubtful-value'): DataProblem {
  return { severity: 'warning', rule, path, at: 'value', message, hint };
}

/** Of a key that still works, and why it should go. */
export function deprecation(path: DataPath, why: string): DataProblem {
  const message = `the key ${quoteValue(path.at(-1))} is deprecated`;
  return { severity: 'warning', rule: 'deprecated-key', path, at: 'key', message, hint: why };
}
