// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type HeldName, holdFolder, realClock, realExec } from '../effects/index.js';
import { type ClusterFolder, findClusterId } from './cluster-folder.js';
import { type ControlRecord, findControl, removeControlRecord, sightingOf } from './control-record.js';
import { fail } from './errors.js';
import { ownEnvironment, thisProgram } from './this-program.js';

const readyMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string(), next: z.string() }),
]);

/** What `muster serve` tells the process that started it. */
export type ReadyMessage = z.infer<typeof readyMessage>;

export function controlLog(cluster: ClusterFolder): string {
  return join(cluster.state, 'control.log');
}

/** What a process that was started over IPC does until it is told to begin, is to load; without the word it ends. */
export const beginWord = 'begin';

/** A control process that is loaded while others make sure that there is work for it. */
export interface LoadingControl {
  readonly child: ChildProcess;
  /** Takes back all that its start has left behind, unless it was told to begin. */
  drop(): Promise<void>;
}

/**
 * Loads a control process in the background, which touches nothing yet. It is the program of this very process, in a
 * session of its own, with its output in `control.log`. Nothing, where that is not possible or the folder is in no
 * good state: what is wrong is told when it begins.
 */
export async function loadControl(cluster: ClusterFolder): Promise<LoadingControl | undefined> {
  try {
    await findClusterId(cluster);
    if ((await findControl(cluster)) !== undefined) return undefined;
    const isNew = !existsSync(cluster.state);
    await mkdir(cluster.state, { recursive: true, mode: 0o700 });
    return spawnControl(cluster, isNew);
  } catch {
    return undefined;
  }
}

function spawnControl(cluster: ClusterFolder, isFolderNew: boolean): LoadingControl {
  const [command, program] = thisProgram();
  const isNamed = existsSync(cluster.clusterFile) && basename(cluster.clusterFile) !== 'cluster.yaml';
  const log = openSync(controlLog(cluster), 'a', 0o600);
  const child = spawn(
    command,
    [program ?? '', 'serve', ...(isNamed ? ['--file', cluster.clusterFile] : [])],
    {
      cwd: cluster.folder,
      env: { ...ownEnvironment(), MUSTER_FILE: '' },
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    },
  );
  closeSync(log);
  // It is listened to when it begins.
  child.on('error', () => {});
  return {
    child,
    async drop() {
      if (!child.connected) return;
      child.disconnect();
      child.kill('SIGKILL');
      if (!isFolderNew) return;
      await rm(controlLog(cluster), { force: true });
      // Somebody else may have begun there.
      await rmdir(cluster.state).catch(() => {});
    },
  };
}

/**
 * Starts the control process in the background and returns once it serves.
 *
 * @param loading one that is loaded already
 * @throws `cli/control-failed`, with the reason that the process gave; then it has ended
 */
export async function startControl(
  cluster: ClusterFolder,
  signal: AbortSignal,
  loading?: LoadingControl,
): Promise<ControlRecord> {
  const { child } = loading ?? spawnControl(cluster, false);
  try {
    const first = firstWord(child, cluster, signal);
    // One that has ended says so itself.
    child.send(beginWord, () => {});
    const message = await first;
    signal.throwIfAborted();
    // Somebody else is starting it at this very moment.
    if (message.kind === 'failed' && message.code === 'cli/already-running')
      return await awaitControl(cluster, signal);
    if (message.kind === 'failed')
      throw fail('cli/control-failed', { why: message.message, next: message.next });
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
  const record = await findControl(cluster);
  if (record === undefined) {
    throw fail('cli/control-failed', {
      why: 'it ended right after its start',
      next: `look at ${controlLog(cluster)}`,
    });
  }
  return record;
}

/** What the process says of itself: ready, failed, ended or silent. One that is silent, or not wanted any more, is ended. */
async function firstWord(
  child: ChildProcess,
  cluster: ClusterFolder,
  signal: AbortSignal,
): Promise<ReadyMessage> {
  const failed = (message: string): ReadyMessage => ({
    kind: 'failed',
    code: 'cli/control-failed',
    message,
    next: `look at ${controlLog(cluster)}`,
  });
  const exited = new Promise<ReadyMessage>((resolve) => {
    child.once('exit', (code, ended) =>
      resolve(failed(`it ended at once (${ended ?? `exit code ${code}`})`)),
    );
  });
  const spoken = new Promise<ReadyMessage>((resolve, reject) => {
    child.once('message', (value) => resolve(readyMessage.parse(value)));
    child.once('error', reject);
  });
  const settled = new AbortController();
  const silent = realClock
    .sleep(readyLimitMs, AbortSignal.any([signal, settled.signal]))
    .then(() => failed(`it did not answer within ${readyLimitMs / 1000} s`));
  const first = await Promise.race([spoken, exited, silent]);
  settled.abort();
  if (first.kind === 'failed' && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    const gone = new AbortController();
    await Promise.race([exited, realClock.sleep(killAfterMs, gone.signal)]);
    gone.abort();
    child.kill('SIGKILL');
    await exited;
  }
  return first;
}

/** The record of a control process that is starting. @throws `cli/already-running` when none shows up */
async function awaitControl(cluster: ClusterFolder, signal: AbortSignal): Promise<ControlRecord> {
  const until = realClock.monotonic() + readyLimitMs;
  while (realClock.monotonic() < until && !signal.aborted) {
    const record = await findControl(cluster);
    if (record !== undefined) return record;
    await realClock.sleep(lookEveryMs, signal);
  }
  signal.throwIfAborted();
  throw fail('cli/already-running', { cluster: 'unknown', pid: 'unknown', url: 'an unknown address' });
}

/**
 * Ends the control process and takes its place, so that none can start until it is given back. One that is just
 * starting is waited for.
 *
 * @throws `cli/already-running` when one holds the place that can neither be found nor waited for
 */
export async function holdCluster(cluster: ClusterFolder): Promise<HeldName> {
  const until = realClock.monotonic() + readyLimitMs;
  while (realClock.monotonic() < until) {
    await stopControl(cluster);
    const held = await holdFolder(cluster.state);
    if (held !== undefined) return held;
    await realClock.sleep(lookEveryMs);
  }
  throw fail('cli/already-running', { cluster: 'unknown', pid: 'unknown', url: 'an unknown address' });
}

/** Ends the control process, at first by asking; returns when it is gone. Nothing happens when there is none. */
export async function stopControl(cluster: ClusterFolder): Promise<boolean> {
  const record = await findControl(cluster);
  if (record === undefined) return false;
  await realExec.signal(sightingOf(record), 'SIGTERM');
  if (!(await isGoneWithin(record, stopLimitMs))) {
    await realExec.signal(sightingOf(record), 'SIGKILL');
    await isGoneWithin(record, stopLimitMs);
    await removeControlRecord(cluster);
  }
  return true;
}

const readyLimitMs = 30_000;
const killAfterMs = 2_000;
const stopLimitMs = 10_000;
const lookEveryMs = 20;

/** The process is not our child, so its end is no event: it has to be looked for. */
async function isGoneWithin(record: ControlRecord, limitMs: number): Promise<boolean> {
  const until = realClock.monotonic() + limitMs;
  while (realClock.monotonic() < until) {
    const seen = await realExec.sight(record.pid);
    if (seen?.startedAt !== record.startedAt) return true;
    await realClock.sleep(lookEveryMs);
  }
  return false;
}
