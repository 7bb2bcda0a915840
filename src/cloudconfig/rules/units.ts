// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';
import { parseUnitFile } from '../../units/index.js';
import type { CloudConfig, CloudUnit } from '../cloud-config.js';
import { isNetworkUnit } from '../node-path.js';
import { problem } from '../rule.js';
import { isSystemUnit } from './system-units.js';

/** Units that are asked for and not there, and things asked of a unit that do not go together. */
export function checkUnits(config: CloudConfig): readonly DataProblem[] {
  const defined = definedUnits(config);
  return config.units.flatMap((unit, index) => [
    ...checkDefined(unit, index, defined),
    ...checkTogether(unit, index),
    ...checkTwice(config.units, unit, index),
  ]);
}

/** Names that this config makes: its own units, and what it writes into folders of units. */
function definedUnits({ units, writeFiles }: CloudConfig): ReadonlySet<string> {
  const written = writeFiles.flatMap(
    ({ path }) => /^\/(?:etc|run)\/systemd\/system\/([^/]+)$/.exec(path)?.[1] ?? [],
  );
  return new Set([...units.filter(({ content }) => content !== '').map(({ name }) => name), ...written]);
}

function checkDefined(unit: CloudUnit, index: number, defined: ReadonlySet<string>): readonly DataProblem[] {
  const { name, command, isEnabled } = unit;
  const isStarted = command !== undefined && command !== 'stop' && !command.includes('try');
  if (name === '' || (!isStarted && isEnabled !== true)) return [];
  const path = ['coreos', 'units', index, 'name'];
  if (/@\.[a-z]+$/.test(name) && isStarted) {
    const hint = `name an instance: ${name.replace('@.', '@1.')}`;
    return [
      problem('unit-undefined', 'error', path, [
        `${quoteValue(name)} is a template and cannot be started`,
        hint,
      ]),
    ];
  }
  const template = name.replace(/@[^.]*\./, '@.');
  if (defined.has(name) || defined.has(template) || isSystemUnit(name)) return [];
  const asked = isStarted ? 'started' : 'enabled';
  const message = `${quoteValue(name)} is ${asked}, and nothing here defines it`;
  return [
    problem('unit-undefined', 'warning', path, [message, 'add its content, or look for a slip in its name']),
  ];
}

function checkTogether(unit: CloudUnit, index: number): readonly DataProblem[] {
  const path = (key: string) => ['coreos', 'units', index, key];
  const { command, content, isEnabled, isMasked } = unit;
  const told = (key: string, message: string, hint: string) =>
    problem('unit-conflict', 'warning', path(key), [message, hint], { at: 'key' });
  const found: DataProblem[] = [];
  if (isMasked === true && content !== '')
    found.push(told('mask', 'a mask takes the place of the content', 'take one of them out'));
  if (isMasked === true && command !== undefined && command !== 'stop')
    found.push(told('command', 'a masked unit cannot be started', 'take out mask: or command:'));
  if (isMasked === true && isEnabled === true)
    found.push(told('enable', 'a masked unit cannot be enabled', 'take out mask: or enable:'));
  const hasInstall = () => parseUnitFile(content).unit.sections.some(({ name }) => name === 'Install');
  if (isEnabled === true && content !== '' && !isNetworkUnit(unit.name) && !hasInstall())
    found.push(
      told(
        'enable',
        'there is no [Install] in the unit, so that enabling it does nothing',
        'add [Install] with WantedBy=multi-user.target',
      ),
    );
  return found;
}

function checkTwice(units: readonly CloudUnit[], { name }: CloudUnit, index: number): readonly DataProblem[] {
  const first = units.findIndex((other) => other.name === name);
  if (name === '' || first === index) return [];
  const message = `${quoteValue(name)} stands in coreos.units[${first}], too`;
  return [
    problem(
      'unit-conflict',
      'warning',
      ['coreos', 'units', index, 'name'],
      [message, 'make one entry of both'],
    ),
  ];
}
