// SPDX-License-Identifier: Apache-2.0

import type { FirmwareFacts } from '../../boot/index.js';
import type { Clock, Log } from '../../effects/index.js';
import type { LeaseId, MachineMarks } from '../../model/index.js';
import type { PendingMachine, Registry } from '../../registry/index.js';

/** The one writer of pending machines. */
export interface PendingMachines {
  note(facts: FirmwareFacts, address: string): void;
  settled(): Promise<void>;
}

/** Anybody can ask to boot: more than these are not written down until some have gone. */
export const maxPending = 256;
const renewEveryMs = 60_000;
/** As long as the store keeps a record. */
const keptMs = 300_000;
const maxFacts = 24;

interface Entry {
  machine: PendingMachine;
  lease: LeaseId | undefined;
  seenAt: number;
  writtenAt: number;
  writing: Promise<void> | undefined;
}

export function openPendingMachines(registry: Registry, clock: Clock, log: Log): PendingMachines {
  const entries = new Map<string, Entry>();
  const overflow = { toldAt: Number.NEGATIVE_INFINITY };
  const write = async (entry: Entry) => {
    entry.writtenAt = clock.monotonic();
    try {
      entry.lease = await registry.machines.recordPending(entry.machine, entry.lease);
    } catch (error) {
      log.error('cannot record a machine that nobody knows', { error: String(error) });
    }
    entry.writing = undefined;
  };
  const dropOld = (now: number) => {
    for (const [key, { seenAt }] of entries) if (now - seenAt > keptMs) entries.delete(key);
  };
  return {
    note(facts, address) {
      const mark = markOf(facts.marks);
      if (mark === undefined) return;
      const now = clock.monotonic();
      const key = JSON.stringify(facts.marks);
      const known = entries.get(key);
      if (known === undefined && entries.size >= maxPending) dropOld(now);
      if (known === undefined && entries.size >= maxPending) {
        if (now - overflow.toldAt > renewEveryMs) {
          overflow.toldAt = now;
          log.warn('more machines that nobody knows ask to boot than are written down', {
            limit: maxPending,
          });
        }
        return;
      }
      const machine: PendingMachine = {
        mark,
        marks: facts.marks,
        facts: Object.fromEntries([...facts.said].slice(0, maxFacts).filter(([, value]) => value !== '')),
        address,
        firstSeen: known?.machine.firstSeen ?? clock.now(),
        lastSeen: clock.now(),
      };
      if (known === undefined) log.warn('a machine that nobody knows asked to boot', { mark, address });
      const entry = known ?? {
        machine,
        lease: undefined,
        seenAt: now,
        writtenAt: Number.NEGATIVE_INFINITY,
        writing: undefined,
      };
      entries.set(key, entry);
      entry.machine = machine;
      entry.seenAt = now;
      if (now - entry.writtenAt >= renewEveryMs) entry.writing ??= write(entry);
    },
    async settled() {
      await Promise.all([...entries.values()].map(({ writing }) => writing));
    },
  };
}

/** By which an operator names it; `undefined`: it said nothing by which it could be known again. */
function markOf({ mac, uuid, serial }: MachineMarks): string | undefined {
  return mac ?? uuid ?? serial;
}
