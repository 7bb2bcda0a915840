// SPDX-License-Identifier: Apache-2.0

import type { z } from 'zod';
import type { Issue } from '../model/index.js';
import { checkData, type DataProblem } from './check-data.js';
import type { DataPath } from './data-path.js';
import { openYaml, type YamlDocument, type YamlOptions } from './yaml-document.js';

export type ReadResult<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly warnings: readonly Issue[] }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

/**
 * Reads YAML text into what `schema` makes of it, or says everything that is wrong with it, in order of the text.
 * Never throws. With `isLenient`, unknown keys are warnings and left out.
 */
export function readYaml<S extends z.ZodType>(
  text: string,
  schema: S,
  options: YamlOptions = {},
): ReadResult<z.output<S>> {
  const opened = openYaml(text, options);
  if (opened.kind === 'bad') return { kind: 'bad', issues: sortIssues(opened.issues) };
  return checkYaml(opened.document, schema, options);
}

/** As `readYaml`, for a document that is open. */
export function checkYaml<S extends z.ZodType>(
  document: YamlDocument,
  schema: S,
  options: YamlOptions = {},
): ReadResult<z.output<S>> {
  const unknownKeys = options.isLenient === true ? 'warning' : 'error';
  const checked = checkData(document.value, schema, { textAt: document.textAt, unknownKeys });
  const issues = sortIssues([...document.warnings, ...placeProblems(document, checked.problems)]);
  return checked.kind === 'ok'
    ? { kind: 'ok', value: checked.value, warnings: issues }
    : { kind: 'bad', issues };
}

/** Tells where in the text each problem stands. */
export function placeProblems(
  document: YamlDocument,
  problems: readonly DataProblem[],
  below: DataPath = [],
): readonly Issue[] {
  return problems.map(({ severity, rule, path, at, line, message, hint }) => {
    const place = document.place([...below, ...path], at, line);
    return { severity, ...(rule !== undefined && { rule }), ...place, message, hint };
  });
}

/** In order of the text; at most 200, which no one reads to the end. */
export function sortIssues(issues: readonly Issue[]): readonly Issue[] {
  return [...issues].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, 200);
}
