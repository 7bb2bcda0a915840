// SPDX-License-Identifier: Apache-2.0

import { openChangeCounter } from './change-counter.js';
import type { Supervisor, UnitStatus } from './supervisor.js';

export interface RecordedSupervisor {
  readonly supervisor: Supervisor;
  /** What was asked, in words and in order: `start a.service`. */
  readonly said: readonly string[];
  /** Takes the place of the status of one unit, and tells of the change. */
  show(status: UnitStatus): void;
}

/** A supervisor that does nothing but write down; `answer` may wait or throw in its place. */
export function recordedSupervisor(
  answer: (call: string) => Promise<void> = async () => {},
): RecordedSupervisor {
  const said: string[] = [];
  const units = new Map<string, UnitStatus>();
  const counter = openChangeCounter();
  const say = async (call: string) => {
    said.push(call);
    await answer(call);
    return 'changed' as const;
  };
  const statusOf = (name: string): UnitStatus =>
    units.get(name) ?? { name, load: 'not-found', active: 'inactive', sub: 'dead' };
  return {
    said,
    show(status) {
      units.set(status.name, status);
      counter.step();
    },
    supervisor: {
      reload: () => say('reload'),
      enable: (unit, { isRuntime }) => say(`enable ${unit}${isRuntime ? ' runtime' : ''}`),
      isEnabled: async () => false,
      command: (unit, command) => say(`${command} ${unit}`),
      resetFailed: async (unit) => {
        await say(`reset-failed ${unit}`);
      },
      status: async (unit) => statusOf(unit),
      statuses: async (names) => names.map(statusOf),
      list: async () => [...units.values()],
      changed: counter.changed,
      isGoingDown: async () => true,
      stopAll: async () => {
        await say('stop all');
      },
    },
  };
}
