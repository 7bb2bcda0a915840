// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { holdFolder } from '../effects/index.js';
import { isMusterError } from '../model/index.js';
import type { Host } from '../providers/index.js';
import { checkQuorum } from './check-quorum.js';
import { type ClusterFolder, findClusterFolder, findClusterId } from './cluster-folder.js';
import { type CommandInput, type ExitCode, isSet } from './command.js';
import { holdCluster, startControl, stopControl } from './control-process.js';
import { findControl } from './control-record.js';
import { fail } from './errors.js';
import { type Existing, openExisting } from './existing.js';
import { checkNames } from './parse-flags.js';
import { powerOffMachines } from './power-off.js';
import { sealStore } from './seal-store.js';
import { openSession } from './session.js';

export async function runDown({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  if (!(await isThere(cluster))) return say('nothing to do: this cluster was never brought up');
  const existing = await openExisting(cluster);
  const names = args.length > 0 ? args : undefined;
  if (names !== undefined) checkNames(existing.name, await existing.machineNames(), names);
  const request = isSet(flags, 'discard') ? undefined : await secure(cluster, existing, names, signal);
  const ended = await powerOff(cluster, existing.host, names, request);
  if (names !== undefined) return say(`powered off ${names.join(', ')}`);
  const hadControl = await stopControl(cluster);
  await lowerNetwork(cluster, existing);
  const isChanged = hadControl || ended.length > 0;
  return say(isChanged ? 'the cluster is down; `muster up` starts it again' : 'nothing to do: it is down');
}

export async function runDestroy({ flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  if (!(await isThere(cluster))) return say('nothing to do: this cluster was never brought up');
  const existing = await openExisting(cluster);
  if (!isSet(flags, 'yes')) await confirm(existing);
  await powerOff(cluster, existing.host, undefined, undefined);
  // With the name of the control process in our hands none can start in the midst of this.
  const held = await holdCluster(cluster);
  try {
    await Promise.all((await existing.host.list()).map(({ name }) => existing.host.destroy(name)));
    await existing.provider.lowerNetwork();
    await existing.provider.releaseNetwork();
    // An up that has only just begun may still write there.
    await rm(cluster.state, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  } finally {
    await held.release();
  }
  return say(`cluster "${existing.name}" is destroyed`);
}

/** Unless somebody is just starting the control process anew, which lives in there. */
async function lowerNetwork(cluster: ClusterFolder, { provider }: Existing): Promise<void> {
  const held = await holdFolder(cluster.state);
  if (held === undefined) return;
  try {
    await provider.lowerNetwork();
  } finally {
    await held.release();
  }
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

/**
 * Machines keep no disk, so what their store holds is saved before all of them stop, and single ones only stop when the
 * rest can do without. The engine is needed for that, and started where it is not running.
 */
async function secure(
  cluster: ClusterFolder,
  { storeKind, host }: Existing,
  names: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  const running = await findControl(cluster);
  const isOn = (await host.list()).some(({ state }) => state === 'on');
  if (running === undefined && (storeKind === 'embedded' || !isOn)) return undefined;
  const session = openSession(running ?? (await startControl(cluster, signal)));
  try {
    if (names === undefined) return await sealStore(session, signal);
    await checkQuorum(await session.registry.snapshot(), names);
    return undefined;
  } catch (error) {
    // A control process that hangs has to be got rid of; with a store of its own nothing is lost.
    const isRefusal = ['cli/cannot-seal', 'cli/would-lose-quorum'].some((code) => isMusterError(error, code));
    if (storeKind === 'etcd' || isRefusal) throw error;
    return undefined;
  } finally {
    await session.close();
  }
}

/** Through the engine where one runs, so that machines leave in good order; then whatever still runs. */
async function powerOff(
  cluster: ClusterFolder,
  host: Host,
  names: readonly string[] | undefined,
  request: number | undefined,
) {
  const control = await findControl(cluster);
  if (control !== undefined) {
    const session = openSession(control);
    try {
      await powerOffMachines(session, names, request);
    } catch (error) {
      if (isMusterError(error, 'cli/up-meanwhile')) throw error;
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
