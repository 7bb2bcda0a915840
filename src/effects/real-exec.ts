// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Child, Exec, Exit, ProcessSighting, RunOptions, RunResult } from './exec.js';

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => fs.existsSync(path));

/** Real processes. No library, of which a machine would load more than all that it runs at its start. */
export const realExec: Exec = {
  run: runToEnd,

  async spawn(command, args, options) {
    const log = options.logFile === undefined ? 'ignore' : fs.openSync(options.logFile, 'a', 0o600);
    try {
      const isTied = options.isDetached !== true && setpriv !== undefined;
      const [file, argv] = isTied
        ? [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]]
        : [command, [...args]];
      const child = spawn(file, argv, {
        cwd: options.cwd,
        env: { ...options.env },
        detached: true,
        stdio: options.onLine === undefined ? ['ignore', log, log] : ['ignore', 'pipe', 'pipe'],
      });
      if (options.onLine !== undefined)
        copyLines([child.stdout, child.stderr], options.logFile, options.onLine);
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      const pid = child.pid;
      if (pid === undefined) throw new Error(`"${command}" started without a pid`);
      if (options.isDetached === true) child.unref();
      const exited = new Promise<Exit>((resolve) => {
        // Only `close` comes after the last line.
        child.once(options.onLine === undefined ? 'exit' : 'close', (code, signal) =>
          resolve({ code: code ?? undefined, signal: signal ?? undefined }),
        );
      });
      const kill: Child['kill'] = (signal) => killQuietly(-pid, signal);
      return { pid, exited, kill };
    } finally {
      if (typeof log === 'number') fs.closeSync(log);
    }
  },

  sight: (pid) => sight(pid),

  async findByEnvironment(name, value) {
    const wanted = Buffer.from(`\0${name}=${value}\0`);
    const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry));
    const found = pids.filter((pid) => readEnvironment(pid).includes(wanted));
    const sightings = await Promise.all(found.map((pid) => sight(Number(pid))));
    return sightings.filter((sighting) => sighting !== undefined);
  },

  async signal(seen, signal) {
    const current = await sight(seen.pid);
    if (current?.startedAt === seen.startedAt) killQuietly(seen.pid, signal);
  },
};

const killAfterMs = 5_000;

/** A cancelled one is asked to end, and made to after a while; its result tells of the signal. */
async function runToEnd(
  command: string,
  args: readonly string[],
  { cwd, env, input, signal }: RunOptions = {},
): Promise<RunResult> {
  if (signal?.aborted === true) return { code: undefined, signal: 'SIGTERM', stdout: '', stderr: '' };
  const child = spawn(command, [...args], {
    cwd,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let late: NodeJS.Timeout | undefined;
  const cancel = () => {
    child.kill('SIGTERM');
    late = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  const release = endWithUs(child);
  try {
    const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
    // Who reads nothing may end before it was told all.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    const exit = await new Promise<Exit>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, ended) => resolve({ code: code ?? undefined, signal: ended ?? undefined }));
    });
    return { ...exit, stdout: stdout(), stderr: stderr() };
  } finally {
    signal?.removeEventListener('abort', cancel);
    clearTimeout(late);
    release();
  }
}

/** What the stream has given so far, read as UTF-8. */
function textOf(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

const running = new Set<ChildProcess>();

/** What runs to its end does so for us: it is not left behind. Returns how to let it go. */
function endWithUs(child: ChildProcess): () => void {
  if (running.size === 0) process.on('exit', endRunning);
  running.add(child);
  return () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', endRunning);
  };
}

function endRunning(): void {
  for (const child of running) child.kill('SIGTERM');
}

/** To the log file first, so that it has what the reader of the lines acts on. */
function copyLines(
  streams: readonly (Readable | null)[],
  logFile: string | undefined,
  onLine: (line: string) => void,
): void {
  for (const input of streams) {
    if (input === null) continue;
    createInterface({ input }).on('line', (line) => {
      if (logFile !== undefined) appendQuietly(logFile, `${line}\n`);
      onLine(line);
    });
  }
}

function appendQuietly(path: string, text: string): void {
  try {
    fs.appendFileSync(path, text, { mode: 0o600 });
  } catch {
    // A full disk must not end the reader of the lines too.
  }
}

/**
 * Every variable between two zero bytes. A process shows an empty environment for a moment while it becomes another
 * program: then look again. Not asynchronous, which takes four times as long where no disk is waited for.
 */
function readEnvironment(pid: string): Buffer {
  const read = () => {
    try {
      return fs.readFileSync(`/proc/${pid}/environ`);
    } catch {
      return noBytes;
    }
  };
  const first = read();
  return Buffer.concat([zeroByte, first.length > 0 ? first : read()]);
}

const noBytes = Buffer.alloc(0);
const zeroByte = Buffer.alloc(1);

async function sight(pid: number): Promise<ProcessSighting | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return sightWithoutProc(pid);
  // The second field is the program's name in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const isZombie = fields[0] === 'Z' || fields[0] === 'X';
  return isZombie ? undefined : { pid, startedAt: fields[19] ?? '' };
}

function sightWithoutProc(pid: number): ProcessSighting | undefined {
  if (fs.existsSync('/proc/self/stat')) return undefined;
  try {
    process.kill(pid, 0);
    return { pid, startedAt: '' };
  } catch {
    return undefined;
  }
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, which is what was wanted.
  }
}
