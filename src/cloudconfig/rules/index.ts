// SPDX-License-Identifier: Apache-2.0

import type { Rule } from '../rule.js';
import { checkEtcdAddresses } from './etcd-addresses.js';
import { checkEtcdBootstrap } from './etcd-bootstrap.js';
import { checkEtcdSafety } from './etcd-safety.js';
import { checkFiles } from './files.js';
import { checkFleet } from './fleet.js';
import { checkPorts } from './ports.js';
import { checkSecrets } from './secrets.js';
import { checkUnitText } from './unit-text.js';
import { checkUnits } from './units.js';

/** Every rule that looks at more than one section, or at more than a section needs in order to be applied. */
export const rules: readonly Rule[] = [
  checkUnits,
  checkUnitText,
  checkEtcdBootstrap,
  checkEtcdAddresses,
  checkEtcdSafety,
  checkFleet,
  checkPorts,
  checkFiles,
  checkSecrets,
];
