// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { machineFiles } from '../../src/agent/index.js';
import { type Exec, type Files, realExec, realFiles } from '../../src/effects/index.js';

/** Whether a machine of systemd can be had here: it takes root, and systemd as the program that it is. */
export const canBootSystemd = process.getuid?.() === 0 && existsSync('/lib/systemd/systemd');

/** A machine on which systemd is the first process. It is of this kernel and network, and of this computer's programs. */
export interface SystemdMachine {
  /** Runs things on the machine. */
  readonly exec: Exec;
  /** Of the machine: `/etc/motd` is its own. */
  readonly files: Files;
  /** Output of a command that must succeed, trimmed. */
  run(command: string, ...words: string[]): Promise<string>;
  /** Standard output and error of the machine since it booted. */
  console(): string;
  /** Resolves when it is off. */
  readonly off: Promise<void>;
  /** Powers it off the hard way. */
  close(): Promise<void>;
}

export interface SystemdMachineOptions {
  readonly commandLine: string;
  readonly machineId: string;
  readonly bootId: string;
  /** Whether muster's own units are on it. */
  readonly hasMuster: boolean;
}

/** Boots one, and returns when it has nothing left to start but what waits for muster. */
export async function bootSystemd(options: SystemdMachineOptions): Promise<SystemdMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-systemd-'));
  await writeFile(join(folder, 'command-line'), `${options.commandLine}\n`);
  await writeFile(join(folder, 'boot-id'), `${uuidOf(options.bootId)}\n`);
  const put = async (path: string, file: { content: string } | { target: string }) => {
    const place = join(folder, 'files', path);
    await mkdir(dirname(place), { recursive: true });
    if ('target' in file) await symlink(file.target, place);
    else await writeFile(place, file.content);
  };
  await put('/etc/machine-id', { content: `${options.machineId}\n` });
  await put('/etc/hostname', { content: 'unnamed\n' });
  const program = [process.execPath, resolve('bin/muster')];
  for (const file of options.hasMuster ? machineFiles(program) : []) await put(file.path, file);
  const child = spawn('bash', [resolve('test/component/systemd-machine.sh'), folder, '/'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  const console = () => Buffer.concat(said).toString();
  const off = new Promise<void>((done) => child.once('close', () => done()));
  const close = async () => {
    const first = await findFirst(child);
    if (first !== undefined) process.kill(first, 'SIGKILL');
    await off;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const pid = await awaitFirst(child, console);
    const machine = machineOf(pid, { console, off, close });
    await awaitBus(machine);
    return machine;
  } catch (error) {
    await close();
    throw error;
  }
}

function machineOf(pid: number, rest: Pick<SystemdMachine, 'console' | 'off' | 'close'>): SystemdMachine {
  const enter = ['--target', String(pid), '--mount', '--pid', '--cgroup', '--uts', '--ipc', '--'];
  const exec: Exec = {
    ...realExec,
    run: (command, args, options) => realExec.run('nsenter', [...enter, command, ...args], options),
    spawn: (command, args, options) => realExec.spawn('nsenter', [...enter, command, ...args], options),
  };
  return {
    ...rest,
    exec,
    files: filesBelow(`/proc/${pid}/root`),
    async run(command, ...words) {
      const { code, stdout, stderr } = await exec.run(command, words);
      if (code !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${code}: ${stderr}`);
      return stdout.trim();
    },
  };
}

/** The files of a system below a folder; only for paths on which no absolute link lies. */
export function filesBelow(root: string): Files {
  const at = (path: string) => `${root}${path}`;
  return {
    ...realFiles,
    read: (path) => realFiles.read(at(path)),
    readText: (path) => realFiles.readText(at(path)),
    write: (path, content, options) => realFiles.write(at(path), content, options),
    makeFolder: (path, mode) => realFiles.makeFolder(at(path), mode),
    list: (path) => realFiles.list(at(path)),
    stat: (path) => realFiles.stat(at(path)),
    readLink: (path) => realFiles.readLink(at(path)),
    link: (target, path) => realFiles.link(target, at(path)),
    remove: (path) => realFiles.remove(at(path)),
    chmod: (path, mode) => realFiles.chmod(at(path), mode),
    chown: (path, uid, gid) => realFiles.chown(at(path), uid, gid),
  };
}

/** The process that systemd is, once it is that: the shells before it make way for it. */
async function awaitFirst(child: ChildProcess, console: () => string): Promise<number> {
  while (child.exitCode === null) {
    const first = await findFirst(child);
    if (first !== undefined) return first;
    await pause();
  }
  throw new Error(`the machine did not boot: ${console()}`);
}

async function findFirst(child: ChildProcess): Promise<number | undefined> {
  let pid = child.pid;
  while (pid !== undefined) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name === 'systemd\n') return pid;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    pid = Number(children.split(' ')[0]) || undefined;
  }
  return undefined;
}

async function awaitBus({ exec, console, off }: SystemdMachine): Promise<void> {
  const gone = new AbortController();
  void off.then(() => gone.abort());
  while (!gone.signal.aborted) {
    const { stdout } = await exec.run('systemctl', ['is-active', 'basic.target']);
    if (stdout.trim() === 'active') return;
    await pause();
  }
  throw new Error(`the machine went off: ${console()}`);
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 50));
}

function uuidOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
