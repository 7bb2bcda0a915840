// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { sshCommand } from '../providers/index.js';
import { type ClusterFolder, findClusterFolder } from './cluster-folder.js';
import type { CommandInput, ExitCode } from './command.js';
import { findControl } from './control-record.js';
import { fail } from './errors.js';
import { openExisting } from './existing.js';
import { checkNames } from './parse-flags.js';
import { openSession } from './session.js';
import { ownEnvironment, thisProgram } from './this-program.js';

export async function runSsh({ args, flags }: CommandInput): Promise<ExitCode> {
  const [name = '', ...given] = args;
  const words = given[0] === '--' ? given.slice(1) : given;
  const cluster = findClusterFolder(flags);
  const existing = await openExisting(cluster);
  checkNames(existing.name, await existing.machineNames(), [name]);
  const place = await existing.host.sshAt?.(name);
  if (place !== undefined) {
    const ssh = sshCommand(cluster.state, place, await nameOfBoot(cluster, name), words);
    const [command = 'ssh', ...rest] = [...(await existing.host.enter(name)), ...ssh];
    return run(command, rest, cluster.folder, ownEnvironment());
  }
  const root = existing.host.rootFolder(name);
  if (root === undefined || !existsSync(root)) throw fail('cli/no-shell', { name });
  const home = join(root, 'home/core');
  await mkdir(home, { recursive: true });
  const control = await findControl(cluster);
  const environment = {
    ...ownEnvironment(),
    HOME: home,
    USER: 'core',
    LOGNAME: 'core',
    HOSTNAME: name,
    PS1: `core@${name} \\W $ `,
    PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:${dirname(thisProgram()[1] ?? '')}`,
    MUSTER_ROOT: root,
    MUSTER_FILE: existsSync(cluster.clusterFile) ? cluster.clusterFile : '',
    // The store itself: a machine may well have no etcd2.service, or one at another port.
    ...(control === undefined ? {} : { ETCDCTL_ENDPOINTS: control.etcdUrl }),
  };
  // As ssh does: the words become one line for the shell at the other end.
  const inside = await existing.host.enter(name);
  const bash = existsSync('/bin/bash');
  const interactive = bash ? ['--noprofile', '--norc', '-i'] : ['-i'];
  const shellArgs = words.length === 0 ? interactive : ['-c', words.join(' ')];
  const [command = '', ...commandArgs] = [...inside, bash ? '/bin/bash' : '/bin/sh', ...shellArgs];
  return run(command, commandArgs, home, environment);
}

/** A machine in memory has another host key after each boot: it is known by the name of this one. */
async function nameOfBoot(cluster: ClusterFolder, name: string): Promise<string> {
  const control = await findControl(cluster);
  if (control === undefined) return name;
  const session = openSession(control);
  try {
    const life = (await session.registry.snapshot()).lives.get(name);
    return life === undefined || life.bootId === '' ? name : `${name}.${life.bootId}`;
  } finally {
    await session.close();
  }
}

/** Hands over the terminal, ^C included, and returns the exit code as a shell would. */
function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...env }, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}
