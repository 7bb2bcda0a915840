// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Child, Exec, Exit, ProcessSighting } from './exec.js';

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => fs.existsSync(path));

/** Real processes. `run` goes through execa; `spawn` needs process groups and the parent-death signal. */
export const realExec: Exec = {
  async run(command, args, options = {}) {
    const { execa } = await import('execa');
    const result = await execa(command, args, {
      reject: false,
      stripFinalNewline: false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    });
    if (result.exitCode === undefined && result.signal === undefined && result.failed) throw result;
    return { code: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
  },

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
