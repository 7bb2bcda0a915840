// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClusterStatus } from '../../src/status/index.js';

const program = resolve('bin/muster');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder for one cluster, in which the real program is run; everything it started dies with it. */
export interface Site extends AsyncDisposable {
  readonly folder: string;
  /** Runs `muster` to its end. */
  muster(...args: readonly string[]): Promise<Result>;
  /** Runs any program to its end, in the folder and environment of the site. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Result>;
  /** Starts `muster` and hands out the process. */
  start(...args: readonly string[]): Running;
  /** Starts any program; otherwise as `start`. */
  launch(command: string, args: readonly string[]): Running;
  status(): Promise<ClusterStatus>;
  write(name: string, text: string): Promise<void>;
  /** Every process that was started from here and still lives, with its command line. */
  processes(): Promise<readonly { readonly pid: number; readonly command: string }[]>;
}

export interface Running {
  readonly pid: number;
  readonly done: Promise<Result>;
  /** Resolves once standard output and error together hold this text. */
  saw(text: string): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-e2e-'));
  const mark = randomBytes(8).toString('hex');
  const { MUSTER_FILE: _file, ETCDCTL_ENDPOINTS: _endpoints, ...inherited } = process.env;
  const env = { ...inherited, MUSTER_TEST: mark, XDG_STATE_HOME: join(folder, '.state') };

  const launch = (command: string, args: readonly string[], options: RunOptions = {}): Running => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    const output = { stdout: '', stderr: '' };
    const waiting: { readonly text: string; readonly resolve: () => void }[] = [];
    const take = (stream: 'stdout' | 'stderr') => (chunk: string) => {
      output[stream] += chunk;
      const all = output.stdout + output.stderr;
      for (const one of waiting) if (all.includes(one.text)) one.resolve();
    };
    child.stdout.setEncoding('utf8').on('data', take('stdout'));
    child.stderr.setEncoding('utf8').on('data', take('stderr'));
    const done = new Promise<Result>((onDone, onError) => {
      child.once('error', onError);
      child.once('close', (code) => onDone({ code, ...output }));
    });
    return {
      pid: child.pid ?? 0,
      done,
      saw: (text) =>
        new Promise((onSeen, onError) => {
          waiting.push({ text, resolve: onSeen });
          if ((output.stdout + output.stderr).includes(text)) onSeen();
          done.then(
            () => onError(new Error(`ended without "${text}": ${output.stdout}${output.stderr}`)),
            onError,
          );
        }),
    };
  };

  const site: Site = {
    folder,
    muster: (...args) => launch(program, args).done,
    run: (command, args, options) => launch(command, args, options).done,
    start: (...args) => launch(program, args),
    launch: (command, args) => launch(command, args),
    status: async () => JSON.parse((await site.muster('status', '-o', 'json')).stdout) as ClusterStatus,
    write: (name, text) => writeFile(join(folder, name), text),
    processes: () => findProcesses(mark, folder),
    async [Symbol.asyncDispose]() {
      // A cluster that is whole enough goes in good order, any other by force.
      await launch(program, ['destroy', '--yes']).done.catch(() => {});
      for (const { pid } of await site.processes()) kill(pid, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
  return site;
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  // 0 would be this process's own group.
  if (pid < 2) throw new Error(`not a process: ${pid}`);
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** A unit has an environment of its own, so it is known by the folder of its machine. */
async function findProcesses(mark: string, folder: string) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [environment, command] = await Promise.all([read('environ'), read('cmdline')]);
      const isMine =
        (environment.includes(`MUSTER_TEST=${mark}`) || environment.includes(`${folder}/`)) && command !== '';
      return isMine ? [{ pid, command: command.replaceAll('\0', ' ').trim() }] : [];
    }),
  );
  return found.flat();
}

/** The machine process of this name. */
export async function pidOf(site: Site, name: string): Promise<number> {
  const found = (await site.processes()).find(({ command }) => command.includes(`/machines/${name}/root`));
  if (found === undefined) throw new Error(`no process of machine ${name}`);
  return found.pid;
}

/** The control process. */
export async function controlPid(site: Site): Promise<number> {
  const found = (await site.processes()).find(({ command }) => / serve( |$)/.test(command));
  if (found === undefined) throw new Error('no control process');
  return found.pid;
}

/** Asks for the status until it fits; the test's own time limit bounds it. */
export async function untilStatus(
  site: Site,
  fits: (status: ClusterStatus) => boolean,
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<ClusterStatus> {
  for (;;) {
    const status = await site.status();
    if (fits(status)) return status;
    if (signal.aborted) throw new Error(`the status never fitted: ${JSON.stringify(status, null, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function machine(status: ClusterStatus, name: string) {
  const found = status.machines.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no machine ${name} in the status`);
  return found;
}
