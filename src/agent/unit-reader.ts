// SPDX-License-Identifier: Apache-2.0

import type { UnitFile } from '../units/index.js';
import { findTimeSpan } from './time-span.js';

/** Looks settings up in a unit file and its drop-ins. What cannot be read counts as not written. */
export interface UnitReader {
  /** The value written last; `undefined` when there is none or the last one is empty. */
  last(section: string, key: string): string | undefined;
  /** All values in order; an empty one drops those before it. */
  list(section: string, key: string): readonly string[];
  /** The last value if it is one of `choices`, else the first choice. */
  oneOf<T extends string>(section: string, key: string, choices: readonly [T, ...T[]]): T;
  flag(section: string, key: string): boolean | undefined;
  count(section: string, key: string): number | undefined;
  /** Milliseconds. */
  span(section: string, key: string): number | undefined;
  /** As `span`, with 0 for no limit. */
  limit(section: string, key: string): number | undefined;
}

/** @param files the unit file and its drop-ins, in order of application */
export function openUnitReader(files: readonly UnitFile[]): UnitReader {
  const all = (section: string, key: string) =>
    files
      .flatMap((file) => file.sections)
      .filter(({ name }) => name === section)
      .flatMap(({ entries }) => entries)
      .filter((entry) => entry.key === key)
      .map(({ value }) => value);
  const last = (section: string, key: string) => all(section, key).at(-1) || undefined;
  const span = (section: string, key: string) => findTimeSpan(last(section, key) ?? '');
  return {
    last,
    span,
    list: (section, key) => {
      const values = all(section, key);
      return values.slice(values.lastIndexOf('') + 1);
    },
    oneOf: (section, key, choices) => choices.find((choice) => choice === last(section, key)) ?? choices[0],
    flag: (section, key) => findFlag(last(section, key) ?? ''),
    count: (section, key) => {
      const value = last(section, key);
      return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
    },
    limit: (section, key) => {
      const found = span(section, key);
      return found === 0 ? Number.POSITIVE_INFINITY : found;
    },
  };
}

function findFlag(text: string): boolean | undefined {
  if (/^(1|yes|y|true|t|on)$/i.test(text)) return true;
  return /^(0|no|n|false|f|off)$/i.test(text) ? false : undefined;
}
