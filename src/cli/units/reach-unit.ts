// SPDX-License-Identifier: Apache-2.0

import type { UnitTable } from '../../registry/index.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { fail } from '../errors.js';
import { runLogs } from '../run-logs.js';
import { runSsh } from '../run-ssh.js';
import { machineName } from './judge-unit.js';
import { knownName } from './unit-names.js';
import { placesOf } from './unit-rows.js';
import { withUnits } from './with-units.js';

/** What a unit printed: from its log on a local node, from the journal on a machine. */
export async function runUnitLogs(input: CommandInput): Promise<ExitCode> {
  const { unit, machine } = await findPlace(input);
  return runLogs({ ...input, args: [machine], flags: { ...input.flags, unit } });
}

/** A shell, or one command, on the machine of a unit. */
export async function runUnitSsh(input: CommandInput): Promise<ExitCode> {
  const { machine } = await findPlace(input);
  return runSsh({ ...input, args: [machine, ...input.args.slice(1)] });
}

interface Place {
  readonly unit: string;
  readonly machine: string;
}

async function findPlace(input: CommandInput): Promise<Place> {
  const found: { place?: Place } = {};
  await withUnits(input, async (units) => {
    found.place = placeIn(await units.table(), input);
    return 0;
  });
  if (found.place === undefined) throw new Error('the registry was not asked');
  return found.place;
}

function placeIn(table: UnitTable, { args, flags }: CommandInput): Place {
  const unit = knownName(table, args[0] ?? '');
  const machines = placesOf(table, unit).map((id) => machineName(table, id));
  const wanted = textFlag(flags, 'machine');
  const [machine, ...others] = wanted === undefined ? machines : machines.filter((name) => name === wanted);
  if (machine !== undefined && others.length === 0) return { unit, machine };
  const problem = others.length > 0 ? 'it is on several machines' : 'it is on no such machine';
  throw fail('cli/unit-place', { unit, problem, known: machines.join(', ') || 'none' });
}
