// SPDX-License-Identifier: Apache-2.0

import { type BootPlan, bootHandler } from '../../boot/index.js';
import { type Handler, type Log, realClock, realOpenFile } from '../../effects/index.js';
import type { ClusterSnapshot, Registry } from '../../registry/index.js';
import { type BootRecords, openBootRecords } from './boot-records.js';
import { openPendingMachines } from './pending-machines.js';

/** The boot server of a control process, with what it writes down of machines. */
export interface BootFace {
  readonly handler: Handler;
  readonly records: BootRecords;
  /** Resolves once all that was seen is written. */
  close(): Promise<void>;
}

export function openBootFace(
  registry: Registry,
  plan: () => BootPlan | undefined,
  latest: () => ClusterSnapshot,
  log: Log,
): BootFace {
  const records = openBootRecords(registry, realClock, log, (machine) => latest().boots.get(machine));
  const pending = openPendingMachines(registry, realClock, log);
  const handler = bootHandler({
    plan,
    onStage: (stage) => {
      if (stage.at === 'unknown') pending.note(stage.facts, stage.remoteAddress ?? '');
      else records.note(stage.machine, stage);
    },
    openFile: realOpenFile,
    log,
  });
  return {
    handler,
    records,
    async close() {
      await Promise.all([records.settled(), pending.settled()]);
    },
  };
}
