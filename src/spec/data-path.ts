// SPDX-License-Identifier: Apache-2.0

/** Steps from the top of a document: keys and 0-based indexes. */
export type DataPath = readonly (string | number)[];

/** `machines[1].metadata["a b"]`; empty for the whole document. */
export function renderPath(path: DataPath): string {
  return path.map((step, index) => renderStep(step, index === 0)).join('');
}

function renderStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
  return isFirst ? step : `.${step}`;
}

/** The path that `renderPath` made this text of, for keys of letters, digits, `_` and `-`. */
export function parsePath(text: string): DataPath {
  return [...text.matchAll(/\[(\d+)\]|[\w-]+/g)].map(([key, index]) =>
    index === undefined ? key : Number(index),
  );
}

/** What an operator wrote, short enough for one line of a message and in quotes; lists and mappings by name. */
export function quoteValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
