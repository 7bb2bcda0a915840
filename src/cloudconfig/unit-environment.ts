// SPDX-License-Identifier: Apache-2.0

import type { SectionOptions } from './cloud-config.js';
import { type OptionSection, optionSection, variablesOf } from './option-section.js';
import type { PhasedAction, Section } from './section.js';
import { writeUnitFile } from './unit-plan.js';

/** A section whose options become environment variables of a unit, in a drop-in of its own. */
export function environmentSection(section: OptionSection, unit: string): Section {
  return optionSection(section, (options) => planEnvironment(section, unit, options));
}

/** Nothing is quoted or escaped: coreos-cloudinit f1f0405, system/env.go. */
function planEnvironment(
  section: OptionSection,
  unit: string,
  options: SectionOptions,
): readonly PhasedAction[] {
  const variables = Object.entries(variablesOf(section, options));
  if (variables.length === 0) return [];
  const lines = variables.map(([name, value]) => `Environment="${name}=${value}"\n`);
  const path = `/run/systemd/system/${unit}.d/20-cloudinit.conf`;
  const action = writeUnitFile(path, `[Service]\n${lines.join('')}`, `coreos.${section.name}`);
  return [{ phase: 'units', action }];
}
