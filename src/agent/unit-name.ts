// SPDX-License-Identifier: Apache-2.0

import { findUnitName, type UnitName } from '../units/index.js';
import { fail } from './errors.js';

export { fileNamesOf, findUnitName, type UnitName, unescapeUnitName } from '../units/index.js';

/** As `findUnitName`; throws `agent/unit-name`. */
export function unitName(text: string): UnitName {
  const name = findUnitName(text);
  if (name === undefined) throw fail('agent/unit-name', { unit: text });
  return name;
}
