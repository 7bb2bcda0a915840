// SPDX-License-Identifier: Apache-2.0

import type { MachineStatus } from '../status/index.js';

/** Shows how far machines are. */
export interface Progress {
  update(machines: readonly MachineStatus[]): void;
  /** Ends the display; what was shown stays. */
  finish(): Promise<void>;
}

/** Live lines on a terminal; elsewhere one plain line for each change, as it happens. */
export async function openProgress(
  names: readonly string[],
  goal: MachineStatus['state'],
): Promise<Progress> {
  return process.stderr.isTTY ? liveProgress(names, goal) : plainProgress();
}

function lineOf(machine: MachineStatus): string {
  return machine.reason === undefined ? machine.state : `${machine.state}: ${machine.reason}`;
}

function plainProgress(): Progress {
  const shown = new Map<string, string>();
  return {
    update(machines) {
      for (const machine of machines) {
        const line = lineOf(machine);
        if (shown.get(machine.name) === line || machine.state === 'absent') continue;
        shown.set(machine.name, line);
        process.stderr.write(`${machine.name}  ${line}\n`);
      }
    },
    finish: async () => {},
  };
}

async function liveProgress(names: readonly string[], goal: MachineStatus['state']): Promise<Progress> {
  const { Listr } = await import('listr2');
  const rows = new Map(names.map((name) => [name, openRow()]));
  const tasks = new Listr(
    [...rows].map(([name, row]) => ({
      title: name,
      task: (_context: unknown, task: { title?: string | undefined }) => {
        row.onLine((line) => {
          task.title = `${name}  ${line}`;
        });
        return row.end;
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      rendererOptions: { collapseErrors: false },
      registerSignalListeners: false,
    },
  );
  const running = tasks.run();
  return {
    update(machines) {
      for (const machine of machines) rows.get(machine.name)?.show(machine, goal);
    },
    async finish() {
      for (const row of rows.values()) row.stop();
      await running.catch(() => {});
    },
  };
}

/** Between the updates that are pushed in and the task that listr2 waits for. */
function openRow() {
  let write: (line: string) => void = () => {};
  let last = 'waiting';
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const end = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  end.catch(() => {});
  return {
    end,
    onLine(writer: (line: string) => void) {
      write = writer;
      write(last);
    },
    show(machine: MachineStatus, goal: MachineStatus['state']) {
      last = lineOf(machine);
      write(last);
      if (machine.state === goal) resolve();
    },
    stop: () => reject(new Error(last)),
  };
}
