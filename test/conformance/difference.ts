// SPDX-License-Identifier: Apache-2.0

/**
 * Where two pieces of JSON data differ, one line for each place, of which at most ten; empty when they are equal.
 */
export function differencesOf(got: unknown, expected: unknown): readonly string[] {
  return [...places(got, expected, '')].slice(0, 10);
}

function* places(got: unknown, expected: unknown, path: string): Generator<string> {
  if (!isBranch(got) || !isBranch(expected) || Array.isArray(got) !== Array.isArray(expected)) {
    if (!Object.is(got, expected)) yield `${path || '.'}: got ${show(got)}, expected ${show(expected)}`;
    return;
  }
  for (const name of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    yield* places(got[name], expected[name], path === '' ? name : `${path}.${name}`);
  }
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
