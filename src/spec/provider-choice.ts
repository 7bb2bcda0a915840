// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from './check-data.js';
import type { ClusterSpec, OptionParser } from './cluster-spec.js';
import { valueAt } from './data-edit.js';
import { quoteValue } from './data-path.js';
import { findNearestName } from './nearest-name.js';

export type OptionParsers = ReadonlyMap<string, OptionParser>;

export type ProviderChoice =
  | {
      readonly kind: 'ok';
      readonly provider: ClusterSpec['provider'];
      readonly problems: readonly DataProblem[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly DataProblem[] };

/** Reads the `provider` field: a name, or `{name, …options}`; the options go to the parser of that name. */
export function chooseProvider(
  data: unknown,
  parsers: OptionParsers,
  defaultProvider: string,
): ProviderChoice {
  const field = valueAt(data, ['provider']);
  const isMapping = typeof field === 'object' && field !== null && !Array.isArray(field);
  const { name: named, ...options } = isMapping ? ownEntries(field) : { name: field };
  const name = named ?? defaultProvider;
  // The schema has told already that this is no name.
  if (typeof name !== 'string') return { kind: 'bad', problems: [] };
  const parser = parsers.get(name);
  if (parser === undefined) {
    const path = isMapping && named !== undefined ? ['provider', 'name'] : ['provider'];
    return { kind: 'bad', problems: [unknownProvider(path, name, [...parsers.keys()])] };
  }
  const parsed = parser.parse(options);
  const problems = placeBelow(parsed, ['provider']);
  return parsed.kind === 'ok'
    ? { kind: 'ok', provider: { name, options: parsed.options }, problems }
    : { kind: 'bad', problems };
}

/** The problems that an option parser found, as problems of the file; their paths begin with `path`. */
export function placeBelow(
  parsed: ReturnType<OptionParser['parse']>,
  path: readonly (string | number)[],
): DataProblem[] {
  return (parsed.problems ?? []).map((problem) => ({
    severity: problem.severity ?? 'error',
    path: [...path, ...problem.path],
    at: problem.at ?? 'value',
    message: problem.message,
    hint: problem.hint,
  }));
}

function ownEntries(value: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value));
}

function unknownProvider(path: readonly string[], name: string, known: readonly string[]): DataProblem {
  const near = findNearestName(name, known);
  const hint = near === undefined ? `write one of: ${known.join(', ')}` : `did you mean "${near}"?`;
  return { severity: 'error', path, at: 'value', message: `there is no provider ${quoteValue(name)}`, hint };
}
