// SPDX-License-Identifier: Apache-2.0

import { appSpecificId, zincatiApplication } from '../../identity/index.js';
import type { MachineId } from '../../model/index.js';
import type { KnownMachine } from '../../status/index.js';

/** Who is who among the clients of the lock. */
export interface LockMachines {
  /** How many there are. */
  readonly count: number;
  /** The machine that a client's ID stands for: a machine ID, zincati's ID of it, or its name. */
  find(id: string): { readonly name: string; readonly id: MachineId } | undefined;
  /** The machine of this name. */
  named(name: string): { readonly name: string; readonly id: MachineId } | undefined;
}

export function lockMachines(known: readonly Pick<KnownMachine, 'name' | 'id'>[]): LockMachines {
  const byName = new Map(known.map((machine) => [machine.name, machine]));
  const byId = new Map(
    known.flatMap((machine) =>
      [machine.name, machine.id, appSpecificId(machine.id, zincatiApplication)].map(
        (id) => [id, machine] as const,
      ),
    ),
  );
  return {
    count: known.length,
    find: (id) => byId.get(id) ?? byId.get(id.toLowerCase().replaceAll('-', '')),
    named: (name) => byName.get(name),
  };
}
