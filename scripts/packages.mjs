// SPDX-License-Identifier: Apache-2.0
// Unpacks Debian packages into .cache, without installing them: nothing on the computer changes, no service
// starts. Only the computer's own lists of packages may need root, once. A package of another release is written
// as apt does, `name/suite`, and comes from the same mirror by lists that lie in .cache, too.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withForeignApt } from './foreign-apt.mjs';

/** Where the packages of a release go; those without a suite into the first. */
const folders = { '': resolve('.cache/debian'), trixie: resolve('.cache/debian13') };

/** What the tests run muster against: etcd 3.4 of Debian 12 and 3.5 of Debian 13, Ignition 2.14 (spec 3.3). */
export const testPackages = [
  'etcd-server',
  'etcd-client',
  'etcd-server/trixie',
  'etcd-client/trixie',
  'ignition',
];

/** What tests need installed, by the program that is looked for. */
export const testPrograms = {
  busybox: 'busybox',
  cpio: 'cpio',
  depmod: 'kmod',
  dig: 'bind9-dnsutils',
  dnsmasq: 'dnsmasq-base',
  ip: 'iproute2',
  mmdebstrap: 'mmdebstrap',
  ssh: 'openssh-client',
  'systemd-analyze': 'systemd',
  zstd: 'zstd',
};

/** Returns the folder of the programs that came from the computer's own release, to be put on PATH. */
export function unpackPackages(names) {
  const missing = names.map(placeOf).filter(({ mark }) => !existsSync(mark));
  for (const one of missing.filter(({ suite }) => suite === '')) unpack(one, downloadOwn);
  for (const suite of new Set(missing.map((one) => one.suite).filter(Boolean))) {
    withForeignApt(suite, (options) => {
      const get = (name, folder) => download(name, folder, options);
      for (const one of missing.filter((other) => other.suite === suite)) unpack(one, get);
    });
  }
  return join(folders[''], 'usr/bin');
}

/**
 * Installs packages whose programs need libraries beside them, by program name: `{ dig: 'bind9-dnsutils' }`. Nothing
 * happens for those that the computer has.
 */
export function installPackages(programs) {
  const missing = Object.keys(programs).filter((program) => !isOnPath(program));
  const names = missing.map((program) => programs[program]);
  if (names.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (process.getuid?.() !== 0)
    throw new Error(`${missing.join(', ')} missing: run \`sudo ${command}\` once`);
  const options = {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  const install = () => execFileSync('apt-get', ['-q', ...command.split(' ').slice(1)], options);
  try {
    install();
  } catch {
    execFileSync('apt-get', ['-q', 'update'], options);
    install();
  }
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}

function placeOf(text) {
  const [name, suite = ''] = text.split('/');
  const cache = folders[suite];
  if (cache === undefined) throw new Error(`no folder is set apart for packages of ${suite}`);
  return { name, suite, cache, mark: join(cache, `${name}.unpacked`) };
}

function unpack({ name, cache, mark }, get) {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'download-'));
  try {
    get(name, folder);
    const [file] = readdirSync(folder);
    execFileSync('dpkg', ['-x', join(folder, file), cache]);
    writeFileSync(mark, `${file}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function download(name, folder, options = []) {
  const stdio = ['ignore', 'ignore', 'pipe'];
  execFileSync('apt-get', ['-q', ...options, 'download', name], { cwd: folder, stdio });
}

function downloadOwn(name, folder) {
  try {
    download(name, folder);
  } catch {
    if (process.getuid?.() !== 0) throw new Error(advice(name));
    try {
      execFileSync('apt-get', ['-q', 'update'], { stdio: ['ignore', 'ignore', 'pipe'] });
      download(name, folder);
    } catch {
      throw new Error(
        `cannot get the Debian package ${name}: the mirror of this computer does not answer or lacks it`,
      );
    }
  }
}

function advice(name) {
  return `cannot get the Debian package ${name}: run \`sudo apt-get update\` once, then try again`;
}
