// SPDX-License-Identifier: Apache-2.0

import type { SectionOptions } from '../cloud-config.js';
import { choiceOption, textOption } from '../option-fields.js';
import { type OptionSection, optionSection, variablesOf } from '../option-section.js';
import type { PhasedAction, Section } from '../section.js';
import { planUnit } from '../unit-plan.js';

const options: OptionSection = {
  name: 'update',
  subject: 'updates',
  prefix: '',
  options: [
    textOption('group'),
    choiceOption('reboot_strategy', ['etcd-lock', 'reboot', 'off']),
    textOption('server'),
  ],
};

/**
 * `coreos.update`: lines of /etc/coreos/update.conf, and the units that read it.
 *
 * Source: coreos-cloudinit f1f0405, system/update.go; unlike there, the file need not be there before.
 */
export const update: Section = optionSection(options, (written) => {
  const variables = variablesOf(options, written);
  if (Object.keys(variables).length === 0) return [];
  const template = '/usr/share/coreos/update.conf';
  const path = '/etc/coreos/update.conf';
  return [
    {
      phase: 'settings',
      action: { kind: 'set-variables', path, template, variables, reason: 'coreos.update' },
    },
    ...planLocksmith(written),
    ...planEngine(written),
  ];
});

/** With `off` nothing reboots the machine, until its next boot at least. */
function planLocksmith({ reboot_strategy: strategy }: SectionOptions): readonly PhasedAction[] {
  if (strategy === undefined || strategy === '') return [];
  const isOff = strategy === 'off';
  const unit = { ...bareUnit, name: 'locksmithd.service', isRuntime: true, isMasked: isOff };
  return planUnit({ ...unit, command: isOff ? 'stop' : 'restart' }, 'coreos.update.reboot_strategy');
}

function planEngine({ group = '', server = '' }: SectionOptions): readonly PhasedAction[] {
  if (group === '' && server === '') return [];
  const place = group === '' ? 'coreos.update.server' : 'coreos.update.group';
  return planUnit({ ...bareUnit, name: 'update-engine.service', command: 'restart' }, place);
}

const bareUnit = {
  content: '',
  dropIns: [],
  isEnabled: undefined,
  isMasked: undefined,
  isRuntime: undefined,
} as const;
