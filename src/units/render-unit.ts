// SPDX-License-Identifier: Apache-2.0

import type { UnitFile } from './unit-file.js';

/** One assignment of a unit, as fleet's API and its registry have it. */
export interface UnitOption {
  readonly section: string;
  readonly name: string;
  /** Continued lines hold a backslash and a line feed. */
  readonly value: string;
}

/** The assignments of a unit file, section by section in the order of first mention. */
export function optionsOf(file: UnitFile): readonly UnitOption[] {
  return file.sections.flatMap(({ name: section, entries }) =>
    entries.map(({ key, value, raw }) => ({ section, name: key, value: raw ?? value })),
  );
}

/**
 * The canonical text of a unit: headers, assignments, one empty line between sections. Its SHA-1 is the unit's hash, so
 * that the same unit has one place in the registry however it was laid out.
 *
 * Source: coreos/go-systemd unit/serialize.go
 */
export function renderUnit(options: readonly UnitOption[]): string {
  const sections = new Map<string, string[]>();
  for (const { section, name, value } of options) {
    const lines = sections.get(section);
    const line = `${name}=${value}\n`;
    if (lines === undefined) sections.set(section, [line]);
    else lines.push(line);
  }
  return [...sections].map(([section, lines]) => `[${section}]\n${lines.join('')}`).join('\n');
}
