// SPDX-License-Identifier: Apache-2.0

import type { Child, ProcessSighting } from '../../effects/index.js';
import { fail } from '../errors.js';
import type { Host, HostedMachine, MachineOrder } from '../provider.js';
import { unseenEnd } from './end-reasons.js';
import { openEnds } from './ends.js';
import { type HostScope, isSame, type MachineKind, reasonOf } from './host-scope.js';
import { openLanes } from './lanes.js';
import { isAlive, marker, stopProcess, sweep } from './machine-processes.js';
import {
  isMachineName,
  listMachineNames,
  type MachineFolder,
  machineFolder,
  readRecord,
  writeRecord,
} from './machine-record.js';
import { watchEnds } from './watch-ends.js';

/** What every host of machines that are processes does in the same way. */
export type ProcessHost = Pick<
  Host,
  'powerOn' | 'powerOff' | 'destroy' | 'list' | 'watchEnds' | 'consoleFile'
> & {
  /** The folder of a machine. Throws `providers/bad-name`. */
  at(name: string): MachineFolder;
};

/**
 * The machines of one cluster as processes of this computer, which outlive this process. What is on is asked
 * of the kernel, never remembered; a crash at any point leaves nothing that cannot be found by its marker.
 */
export function openProcessHost(deps: HostScope['deps'], folder: string, kind: MachineKind): ProcessHost {
  const scope: HostScope = {
    deps,
    folder,
    kind,
    children: new Map(),
    ends: openEnds(),
    inLane: openLanes(),
  };
  const at = (name: string) => machineFolder(folder, checkedName(name));
  return {
    at,
    powerOn: async (order) => scope.inLane(order.name, () => powerOn(scope, at(order.name), order)),
    powerOff: async (name) => scope.inLane(name, () => powerOff(scope, at(name), name)),
    destroy: async (name) => scope.inLane(name, () => destroy(scope, at(name), name)),
    list: async () => {
      const names = await listMachineNames(deps.files, folder);
      return Promise.all(names.map((name) => describeMachine(scope, at(name), name)));
    },
    watchEnds: (signal) => watchEnds(scope, signal),
    consoleFile: (name) => at(name).console,
  };
}

async function powerOn(scope: HostScope, at: MachineFolder, order: MachineOrder): Promise<boolean> {
  const { files } = scope.deps;
  const before = await readRecord(files, at);
  if (before?.main !== undefined && (await isAlive(scope.deps.exec, before.main))) return false;
  // A machine with no folder was never started, so that there is nothing to look for.
  if ((await files.stat(at.folder)) !== undefined) await sweep(scope.deps, order.name, at.root);
  try {
    await files.makeFolder(at.folder, 0o700);
    await files.remove(at.root);
    await files.makeFolder(at.root, 0o755);
    // Before the start: whatever happens from here on, this record says which marker to look for.
    await writeRecord(files, at, { order });
    await start(scope, at, order);
    return true;
  } catch (error) {
    await sweep(scope.deps, order.name, at.root);
    await scope.kind.retire(order.name);
    const why = error instanceof Error ? error.message : String(error);
    throw fail('providers/cannot-start', { name: order.name, why }, error);
  }
}

async function start(scope: HostScope, at: MachineFolder, order: MachineOrder): Promise<void> {
  const { exec } = scope.deps;
  const { command, cwd, environment, logFile } = await scope.kind.launch(order, at);
  const [program, ...args] = command;
  const env = { ...environment, [marker]: at.root };
  const child = await exec.spawn(program, args, { cwd, env, logFile, isDetached: true });
  try {
    const main = (await exec.sight(child.pid)) ?? { pid: child.pid, startedAt: 'ended at once' };
    await writeRecord(scope.deps.files, at, { order, main });
    follow(scope, at, order.name, child, main);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** Tells of its end, unless somebody powered it off or on again in the meantime. */
function follow(
  scope: HostScope,
  at: MachineFolder,
  name: string,
  child: Child,
  main: ProcessSighting,
): void {
  const entry: { readonly child: Child; ended?: string } = { child };
  scope.children.set(name, entry);
  child.exited
    .then(async (exit) => {
      entry.ended = await scope.kind.explainExit(at, exit);
      await tellIfUnasked(scope, at, name, main);
    })
    .catch((error: unknown) => {
      scope.deps.log.error('cannot tell why a machine ended', { machine: name, error: String(error) });
      scope.ends.tell({ name, reason: unseenEnd, main });
    });
}

async function tellIfUnasked(scope: HostScope, at: MachineFolder, name: string, main: ProcessSighting) {
  await scope.inLane(name, async () => {
    const record = await readRecord(scope.deps.files, at);
    if (!isSame(record?.main, main)) return;
    scope.ends.tell({ name, reason: reasonOf(scope, name, main), main });
  });
}

async function powerOff(scope: HostScope, at: MachineFolder, name: string): Promise<void> {
  const record = await readRecord(scope.deps.files, at);
  if (record?.main !== undefined) {
    const child = scope.children.get(name)?.child;
    const { kind, deps } = scope;
    const ask = (main: ProcessSighting) => kind.askToEnd(main, at);
    await stopProcess(deps, record.main, child, { ask, limitMs: kind.endLimitMs });
  }
  // Whatever the record says, or fails to say.
  await sweep(scope.deps, name, at.root);
  await scope.kind.retire(name);
  if (record?.main !== undefined) await noteOff(scope, at, record.order);
}

/** A machine that is off although its record says otherwise is found out by asking; a full disk must not keep it on. */
async function noteOff(scope: HostScope, at: MachineFolder, order: MachineOrder): Promise<void> {
  try {
    await writeRecord(scope.deps.files, at, { order });
  } catch (error) {
    scope.deps.log.warn('cannot record that a machine is off', { machine: order.name, error: String(error) });
  }
}

async function destroy(scope: HostScope, at: MachineFolder, name: string): Promise<void> {
  await powerOff(scope, at, name);
  await scope.deps.files.remove(at.folder);
  scope.children.delete(name);
}

async function describeMachine(scope: HostScope, at: MachineFolder, name: string): Promise<HostedMachine> {
  const record = await readRecord(scope.deps.files, at);
  if (record === undefined) return { name, state: 'off', reason: 'its record is missing or damaged' };
  if (record.main === undefined) return { name, state: 'off', reason: 'powered off' };
  if (await isAlive(scope.deps.exec, record.main)) return { name, state: 'on' };
  return { name, state: 'off', reason: reasonOf(scope, name, record.main) };
}

/** The name becomes part of paths that are removed whole. */
function checkedName(name: string): string {
  if (!isMachineName(name)) throw fail('providers/bad-name', { name: name.slice(0, 100) });
  return name;
}
