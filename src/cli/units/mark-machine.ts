// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import { findMachineId } from '../../model/index.js';
import type { CommandInput, ExitCode } from '../command.js';
import { fail } from '../errors.js';
import { machineName } from './judge-unit.js';
import { withUnits } from './with-units.js';

/** `drain`, `cordon`, `uncordon`. */
export function runMachineMark(what: string): (input: CommandInput) => Promise<ExitCode> {
  return (input) =>
    withUnits(input, async (units) => {
      const [name = ''] = input.args;
      const table = await units.table();
      const found = [...table.machines].find(
        ([id, { host }]) => host?.name === name || id === findMachineId(name),
      );
      if (found === undefined) {
        const all = [...table.machines.keys()]
          .map((id) => machineName(table, id))
          .sort()
          .join(', ');
        throw fail('cli/unknown-machine', { name, cluster: 'the registry', known: all });
      }
      const kind = what === 'drain' ? 'drain' : 'cordon';
      await units.mark(found[0], what === 'uncordon' ? undefined : { kind, at: realClock.now() });
      process.stdout.write(`${name}: ${what === 'drain' ? 'being drained' : `${what}ed`}\n`);
      return 0;
    });
}
