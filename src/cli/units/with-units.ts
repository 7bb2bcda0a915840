// SPDX-License-Identifier: Apache-2.0

import { realClock, silentLog } from '../../effects/index.js';
import { openRegistry, type UnitRegistry } from '../../registry/index.js';
import { findClusterFolder } from '../cluster-folder.js';
import type { CommandInput, ExitCode } from '../command.js';
import { getControl } from '../control-record.js';
import { namedEndpoints } from '../named-endpoints.js';
import { openSession } from '../session.js';
import { withStore } from '../with-store.js';

/** Units are where the engine and the agents look for them: in the store of the control process, whatever store the machines run. */
export async function withUnits(
  input: CommandInput,
  use: (units: UnitRegistry) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (namedEndpoints(input.flags).length > 0) {
    return withStore(input.flags, (kv) => use(openRegistry({ kv, clock: realClock, log: silentLog }).units));
  }
  const session = openSession(await getControl(findClusterFolder(input.flags)));
  try {
    return await use(session.registry.units);
  } finally {
    await session.close();
  }
}
