// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { isMusterError } from '../model/index.js';
import type { Host } from '../providers/index.js';
import { type ClusterFolder, findClusterFolder, findClusterId } from './cluster-folder.js';
import { type CommandInput, type ExitCode, isSet } from './command.js';
import { holdCluster, stopControl } from './control-process.js';
import { findControl } from './control-record.js';
import { fail } from './errors.js';
import { type Existing, openExisting } from './existing.js';
import { checkNames } from './parse-flags.js';
import { powerOffMachines } from './power-off.js';
import { sealStore } from './seal-store.js';
import { openSession } from './session.js';

export async function runDown({ args, flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  if (!(await isThere(cluster))) return say('nothing to do: this cluster was never brought up');
  const existing = await openExisting(cluster);
  if (args.length > 0) checkNames(existing.name, await existing.machineNames(), args);
  if (args.length === 0 && !isSet(flags, 'discard')) await seal(cluster);
  const ended = await powerOff(cluster, existing.host, args.length > 0 ? args : undefined);
  if (args.length > 0) return say(`powered off ${args.join(', ')}`);
  const hadControl = await stopControl(cluster);
  const isChanged = hadControl || ended.length > 0;
  return say(isChanged ? 'the cluster is down; `muster up` starts it again' : 'nothing to do: it is down');
}

export async function runDestroy({ flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  if (!(await isThere(cluster))) return say('nothing to do: this cluster was never brought up');
  const existing = await openExisting(cluster);
  if (!isSet(flags, 'yes')) await confirm(existing);
  await powerOff(cluster, existing.host, undefined);
  // With the name of the control process in our hands none can start in the midst of this.
  const held = await holdCluster(cluster);
  try {
    await Promise.all((await existing.host.list()).map(({ name }) => existing.host.destroy(name)));
    await existing.provider.releaseNetwork();
    await rm(cluster.state, { recursive: true, force: true });
  } finally {
    await held.release();
  }
  return say(`cluster "${existing.name}" is destroyed`);
}

/** Whether there is state, ours to touch; a damaged record does not keep it from being removed. */
async function isThere(cluster: ClusterFolder): Promise<boolean> {
  try {
    await findClusterId(cluster);
  } catch (error) {
    if (!isMusterError(error, 'cli/damaged-state')) throw error;
  }
  return existsSync(cluster.state);
}

/** Machines keep no disk, so what their store holds is saved before they stop. */
async function seal(cluster: ClusterFolder): Promise<void> {
  const control = await findControl(cluster);
  if (control === undefined) return;
  const session = openSession(control);
  try {
    await sealStore(session);
  } finally {
    await session.close();
  }
}

/** Through the engine where one runs, so that machines leave in good order; then whatever still runs. */
async function powerOff(cluster: ClusterFolder, host: Host, names: readonly string[] | undefined) {
  const control = await findControl(cluster);
  if (control !== undefined) {
    const session = openSession(control);
    try {
      await powerOffMachines(session, names);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`warning: going on without the control process, which does not answer: ${why}\n`);
    } finally {
      await session.close();
    }
  }
  const hosted = await host.list();
  const chosen = hosted.filter(({ name }) => names === undefined || names.includes(name));
  await Promise.all(chosen.map(({ name }) => host.powerOff(name)));
  return chosen.filter(({ state }) => state === 'on').map(({ name }) => name);
}

async function confirm({ name, host }: Existing): Promise<void> {
  if (!process.stdin.isTTY) throw fail('cli/not-confirmed');
  const count = (await host.list()).length;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(
      `Remove cluster "${name}", its ${count} machines and all it stored? Type its name to go on: `,
    );
    if (answer.trim() !== name) throw fail('cli/not-confirmed');
  } finally {
    prompt.close();
  }
}

function say(line: string): ExitCode {
  process.stdout.write(`${line}\n`);
  return 0;
}
