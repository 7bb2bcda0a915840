// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { Issue } from '../model/index.js';
import { type FleetOptions, fleetSection, parseFleetOptions } from './fleet-options.js';
import { quadletService } from './quadlet.js';
import { optionsOf, renderUnit, type UnitOption } from './render-unit.js';
import { parseUnitFile } from './unit-file.js';
import { findUnitName, type UnitName } from './unit-name.js';

/** A unit that was read and found good. */
export interface CheckedUnit {
  readonly name: UnitName;
  readonly options: readonly UnitOption[];
  /** Canonical. */
  readonly text: string;
  /** SHA-1 of the text, hex. */
  readonly hash: string;
  readonly placement: FleetOptions;
}

export type UnitCheck =
  | { readonly kind: 'ok'; readonly unit: CheckedUnit; readonly warnings: readonly Issue[] }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

const templateTypes = new Set(['path', 'service', 'socket', 'target', 'timer']);
const longestText = 256 * 1024;

/**
 * Reads a unit at its submission: syntax, name and `[X-Fleet]`. A quadlet file `web.container` becomes `web.service`, a
 * service that runs podman. Everything that is wrong is told at once.
 */
export function checkUnit(fileName: string, text: string): UnitCheck {
  const problem = (message: string, hint: string): UnitCheck => ({
    kind: 'bad',
    issues: [{ severity: 'error', path: '', line: 1, column: 1, message, hint }],
  });
  const isQuadlet = fileName.endsWith('.container');
  const name = findUnitName(isQuadlet ? `${fileName.slice(0, -'.container'.length)}.service` : fileName);
  if (name === undefined) {
    return problem(`"${fileName}" is not a unit name`, 'name it like web.service or web@.service');
  }
  if (name.instance !== undefined && !templateTypes.has(name.type)) {
    return problem(`a ${name.type} cannot be a template`, `only ${[...templateTypes].join(', ')} can`);
  }
  if (text.length > longestText) return problem('the unit is larger than 256 KiB', 'shorten it');
  const parsed = parseUnitFile(text);
  const issues: Issue[] = [...parsed.issues];
  let file = parsed.unit;
  if (isQuadlet) {
    const translated = quadletService(name, file);
    issues.push(...translated.issues);
    file = translated.unit;
  }
  const { options: placement, issues: found } = parseFleetOptions(name, file);
  issues.push(...found);
  issues.sort((a, b) => a.line - b.line);
  if (file.sections.every((section) => section.name === fleetSection || section.entries.length === 0)) {
    return problem('the unit says nothing', 'give it a section like [Service]');
  }
  if (issues.some(({ severity }) => severity === 'error')) return { kind: 'bad', issues };
  const options = optionsOf(file);
  const canonical = renderUnit(options);
  const unit = { name, options, text: canonical, hash: hashOfUnit(canonical), placement };
  return { kind: 'ok', unit, warnings: issues };
}

/** Whether two texts say the same but for `[X-Fleet]`, which systemd does not read. */
export function isSameService(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) =>
    renderUnit(optionsOf(parseUnitFile(text).unit).filter(({ section }) => section !== fleetSection)),
  );
  return a === b;
}

/** The hash of a canonical text: SHA-1, hex. */
export function hashOfUnit(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
