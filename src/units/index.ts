// SPDX-License-Identifier: Apache-2.0

/**
 * units: what a unit is, as text: systemd's syntax, names, fleet's canonical form and hash, `[X-Fleet]`, quadlets.
 *
 *   text ── parseUnitFile ──▶ UnitFile ── checkUnit ──▶ CheckedUnit { canonical text, hash, placement }
 *
 * Everything here is pure. What a directive of systemd means is not its business.
 */
export { type CheckedUnit, checkUnit, hashOfUnit, isSameService, type UnitCheck } from './check-unit.js';
export { type FleetOptions, fillSpecifiers, fleetOptionNames, parseFleetOptions } from './fleet-options.js';
export { type Glob, parseGlob } from './glob.js';
export { optionsOf, renderUnit, type UnitOption } from './render-unit.js';
export { parseUnitFile, type UnitFile, type UnitFileEntry, type UnitFileSection } from './unit-file.js';
export { fileNamesOf, findUnitName, type UnitName, unescapeUnitName } from './unit-name.js';
