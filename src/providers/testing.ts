// SPDX-License-Identifier: Apache-2.0

import type { Child, Exec, Exit, ProcessSighting, SpawnOptions } from '../effects/index.js';
import { machineId } from '../model/index.js';
import type { MachineOrder } from './provider.js';

/** What a machine of this number, 1 to 9, is ordered with. */
export function testOrder(number: number, changes: Partial<MachineOrder> = {}): MachineOrder {
  const uuid = `00000000-0000-4000-8000-00000000000${number}`;
  return {
    name: `core-0${number}`,
    machineId: machineId(uuid),
    uuid,
    mac: `52:54:00:00:00:0${number}`,
    serial: '',
    bootUrl: 'http://127.77.4.1:7070/boot.ipxe',
    address: `127.77.4.10${number}`,
    reachAddress: `127.77.4.10${number}`,
    ...changes,
  };
}

/** A process of `processTable`. */
export interface FakeProcess extends ProcessSighting {
  readonly args: readonly string[];
  readonly options: SpawnOptions;
  /** Signals that it got, in order. */
  readonly signals: readonly string[];
  /** Ends it as if by itself. */
  end(exit?: Partial<Exit>): void;
  /** Starts another one with the same environment, as a unit of a machine is. */
  fork(): FakeProcess;
}

export interface ProcessTable {
  readonly exec: Exec;
  readonly running: () => readonly FakeProcess[];
}

/**
 * Processes in memory, which end at once on SIGKILL, and on SIGTERM unless `isStubborn` says otherwise.
 * Children of `spawn` tell of their end; nobody tells of forks.
 */
export function processTable(isStubborn: () => boolean = () => false): ProcessTable {
  const table = new Map<number, FakeProcess>();
  let nextPid = 100;
  const start = (
    args: readonly string[],
    options: SpawnOptions,
    onEnd: (exit: Exit) => void,
  ): FakeProcess => {
    const pid = nextPid++;
    const signals: string[] = [];
    const one: FakeProcess = {
      pid,
      startedAt: `start ${pid}`,
      args,
      options,
      signals,
      end(exit = { code: 0 }) {
        if (table.delete(pid)) onEnd({ code: undefined, signal: undefined, ...exit });
      },
      fork: () => start(args, options, () => {}),
    };
    table.set(pid, one);
    return one;
  };
  const signal = (one: FakeProcess | undefined, name: string) => {
    if (one === undefined) return;
    Object.assign(one, { signals: [...one.signals, name] });
    if (name === 'SIGKILL' || !isStubborn()) one.end({ signal: name });
  };
  const exec: Exec = {
    run: () => Promise.reject(new Error('nothing runs here')),
    async spawn(command, args, options): Promise<Child> {
      let tell: (exit: Exit) => void = () => {};
      const exited = new Promise<Exit>((resolve) => (tell = resolve));
      const one = start([command, ...args], options, tell);
      return { pid: one.pid, exited, kill: (name) => signal(one, name) };
    },
    sight: async (pid) => sightingOf(table.get(pid)),
    findByEnvironment: async (name, value) =>
      [...table.values()].filter(({ options }) => options.env[name] === value).map(plain),
    async signal(seen, name) {
      const one = table.get(seen.pid);
      if (one?.startedAt === seen.startedAt) signal(one, name);
    },
  };
  return { exec, running: () => [...table.values()] };
}

function sightingOf(one: FakeProcess | undefined): ProcessSighting | undefined {
  return one && plain(one);
}

function plain({ pid, startedAt }: FakeProcess): ProcessSighting {
  return { pid, startedAt };
}
