// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../../effects/index.js';
import type { BootRecord, Registry } from '../../registry/index.js';
import { isWorthWriting, type KnownStage, stepBoot } from './step-boot.js';

/** The one writer of boot records. */
export interface BootRecords {
  /** Notes a stage; writes are few, and one at a time for each machine. */
  note(machine: string, stage: KnownStage): void;
  /** To the byte, where records in the store are to the quarter of a file. */
  latest(): ReadonlyMap<string, BootRecord>;
  /** Resolves once all that was noted is written. */
  settled(): Promise<void>;
}

interface Entry {
  now: BootRecord;
  written: BootRecord | undefined;
  writing: Promise<void> | undefined;
}

export function openBootRecords(
  registry: Registry,
  clock: Clock,
  log: Log,
  recorded: (machine: string) => BootRecord | undefined,
): BootRecords {
  const entries = new Map<string, Entry>();
  const write = async (machine: string, entry: Entry) => {
    while (entry.written !== entry.now && isWorthWriting(entry.written, entry.now)) {
      const record = entry.now;
      entry.written = record;
      await registry.machines
        .recordBoot(machine, record)
        .catch((error: unknown) => log.error('cannot record a boot stage', { error: String(error) }));
    }
    entry.writing = undefined;
  };
  return {
    note(machine, stage) {
      const known = entries.get(machine);
      const before = known?.now ?? recorded(machine);
      const entry = known ?? {
        now: stepBoot(before, stage, clock.now()),
        written: before,
        writing: undefined,
      };
      entries.set(machine, entry);
      if (known !== undefined) entry.now = stepBoot(known.now, stage, clock.now());
      if (isWorthWriting(entry.written, entry.now)) entry.writing ??= write(machine, entry);
    },
    latest: () => new Map([...entries].map(([machine, { now }]) => [machine, now])),
    async settled() {
      await Promise.all([...entries.values()].map(({ writing }) => writing));
    },
  };
}
