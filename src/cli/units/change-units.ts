// SPDX-License-Identifier: Apache-2.0

import type { TargetState, UnitRegistry, UnitTable } from '../../registry/index.js';
import { type CommandInput, type ExitCode, isOff, isSet, textFlag } from '../command.js';
import { fail } from '../errors.js';
import { parseSeconds } from '../parse-flags.js';
import { followUnits, wasFailed } from './follow-units.js';
import type { Aim } from './judge-unit.js';
import { submitUnits } from './submit-units.js';
import { knownNames, runningNames } from './unit-names.js';
import { withUnits } from './with-units.js';

const targets: Readonly<Record<string, TargetState>> = {
  load: 'loaded',
  start: 'launched',
  stop: 'loaded',
  unload: 'inactive',
};

/** `submit`, `load`, `start`, `stop`, `unload`, `restart`, `destroy`. */
export function runUnitChange(what: string): (input: CommandInput) => Promise<ExitCode> {
  return (input) =>
    withUnits(input, async (units) => {
      const before = await units.table();
      const isComing = what === 'submit' || what === 'load' || what === 'start';
      const names = isComing
        ? await submitUnits(units, before, input.args, isSet(input.flags, 'replace'))
        : knownNames(before, input.args);
      const aim: Aim | undefined = what === 'destroy' ? 'destroyed' : targets[what];
      const running = await findRunning(units, names);
      if (what === 'load' || what === 'start') refuseTemplates(running);
      for (const name of names) await change(units, what, name, before);
      if (aim === undefined || isOff(input.flags, 'block')) {
        for (const name of names) process.stdout.write(`${what} ${name}: asked\n`);
        return 0;
      }
      const timeoutMs = parseSeconds('--timeout', textFlag(input.flags, 'timeout') ?? '60') * 1_000;
      return followUnits(units, { aim, names: followed(what, running), timeoutMs, before }, input.signal);
    });
}

/** What runs for each name; the registry is asked again only where templates are among them. */
async function findRunning(
  units: UnitRegistry,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (!names.some(isTemplate)) return new Map(names.map((name) => [name, [name]]));
  const table = await units.table();
  return new Map(names.map((name) => [name, runningNames(table, name)]));
}

/** Of a template what runs for it; where it goes itself, it as well. */
function followed(what: string, running: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return [...running].flatMap(([name, names]) =>
    what === 'destroy' ? [...new Set([name, ...names])] : names,
  );
}

function refuseTemplates(running: ReadonlyMap<string, readonly string[]>): void {
  const alone = [...running].find(([name, instances]) => isTemplate(name) && instances.length === 0);
  if (alone !== undefined) {
    throw fail('cli/template-alone', { unit: alone[0], example: alone[0].replace('@.', '@1.') });
  }
}

function isTemplate(name: string): boolean {
  return name.includes('@.');
}

async function change(units: UnitRegistry, what: string, name: string, before: UnitTable): Promise<void> {
  const target = targets[what];
  if (what === 'destroy') await units.destroy(name);
  else if (what === 'restart') await units.restart(name);
  else if (target !== undefined) await units.setTargetState(name, target);
  // One that was to run and has failed is tried again, as `systemctl start` does.
  const isAgain =
    what === 'start' && before.jobs.get(name)?.targetState === 'launched' && wasFailed(before, name);
  if (isAgain) await units.restart(name);
}
