// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { createReadStream, existsSync, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ClusterFolder, findClusterFolder } from './cluster-folder.js';
import { type CommandInput, type ExitCode, isSet, textFlag } from './command.js';
import { controlLog } from './control-process.js';
import { fail } from './errors.js';
import { openExisting } from './existing.js';
import { checkNames, parseCount } from './parse-flags.js';
import { runSsh } from './run-ssh.js';

export async function runLogs(input: CommandInput): Promise<ExitCode> {
  const { args, flags, signal } = input;
  const cluster = findClusterFolder(flags);
  const [name] = args;
  if (name === undefined && !isSet(flags, 'control')) {
    throw fail('cli/usage', { problem: 'no machine was named', hint: 'name one, or pass --control' });
  }
  const unit = textFlag(flags, 'unit');
  const lines = parseCount('--lines', textFlag(flags, 'lines') ?? '100');
  const path = name === undefined ? controlLog(cluster) : await machineLog(cluster, name, unit);
  if (path === undefined) return readJournal(input, lines);
  if (!existsSync(dirname(path)) || (!isSet(flags, 'follow') && !existsSync(path))) {
    process.stderr.write('nothing was said yet\n');
    return 0;
  }
  const size = await print(path, unit === undefined ? 0 : await lastLines(path, lines));
  if (isSet(flags, 'follow')) await follow(path, size, signal);
  return 0;
}

/** `undefined`: the machine keeps it itself. */
async function machineLog(
  cluster: ClusterFolder,
  name: string,
  unit: string | undefined,
): Promise<string | undefined> {
  const existing = await openExisting(cluster);
  checkNames(existing.name, await existing.machineNames(), [name]);
  if (unit === undefined) return existing.host.consoleFile(name);
  const root = existing.host.rootFolder(name);
  if (root === undefined) return undefined;
  const folder = join(root, 'var/log/units');
  const logs = await readdir(folder).catch((): string[] => []);
  const wanted = /\.[a-z]+$/.test(unit) ? unit : `${unit}.service`;
  if (logs.includes(`${wanted}.log`)) return join(folder, `${wanted}.log`);
  const known = logs.map((file) => basename(file, '.log')).join(', ') || 'none yet';
  throw fail('cli/no-log', { unit: wanted, name, known });
}

/** What systemd on a machine of its own has of a unit. */
async function readJournal(input: CommandInput, lines: number): Promise<ExitCode> {
  const { args, flags } = input;
  const follow = isSet(flags, 'follow') ? ['--follow'] : [];
  // Of units of the system a plain user sees nothing.
  const words = ['sudo', '-n', 'journalctl', '--no-pager', '--unit', textFlag(flags, 'unit') ?? ''];
  return runSsh({
    ...input,
    args: [...args.slice(0, 1), '--', ...words, '--lines', String(lines), ...follow],
  });
}

/** The offset of the last so many lines. Cost: reads all of it. */
async function lastLines(path: string, lines: number): Promise<number> {
  if (!existsSync(path)) return 0;
  const starts = [0];
  let at = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes: Buffer = chunk;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, end + 1)) {
      starts.push(at + end + 1);
      if (starts.length > lines + 1) starts.shift();
    }
    at += bytes.length;
  }
  return starts.at(-1) === at ? (starts.at(-lines - 1) ?? 0) : (starts.at(-lines) ?? 0);
}

/** Prints the file from an offset on; returns the offset after it. A file that became shorter is begun anew. */
async function print(path: string, from: number): Promise<number> {
  const sizeBytes = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (sizeBytes === from) return from;
  const start = sizeBytes < from ? 0 : from;
  for await (const chunk of createReadStream(path, { start, end: sizeBytes - 1 })) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
  }
  return sizeBytes;
}

/** Watches the folder, so that a file that comes later is seen too. */
async function follow(path: string, from: number, signal: AbortSignal): Promise<void> {
  let offset = from;
  let printing = Promise.resolve();
  const more = () => {
    printing = printing.then(async () => {
      offset = await print(path, offset);
    });
  };
  await new Promise<void>((resolve) => {
    const watcher = watch(dirname(path), (_event, file) => {
      if (file === null || file === basename(path)) more();
    });
    more();
    const stop = () => {
      watcher.close();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  await printing;
}
