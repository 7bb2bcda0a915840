// SPDX-License-Identifier: Apache-2.0
// The emulator that tests boot machines with: QEMU 10 of Debian 13, whatever release this computer has. Debian 12's
// own QEMU 7.2 makes kernels of Debian 13 fail at random under emulation.
//
// QEMU comes with every library it needs, the C library too, unpacked into .cache/qemu and not installed: needs no
// root, and nothing on the computer changes. .cache/qemu/bin/qemu-system-x86_64 is a short script that
// starts it by the loader and the libraries that lie there; it takes QEMU's own options, finds firmware there
// (`-L` is given), and `exec`s, so that its process ID is QEMU's. Displays and pictures are left out: use `-nographic`
// or `-display none`. UEFI firmware is in root/usr/share/OVMF, iPXE's own binaries in root/usr/lib/ipxe.
// To have it before any test: `node -e "import('./scripts/qemu.mjs').then((m) => m.unpackQemu())"`.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withForeignApt } from './foreign-apt.mjs';

const suite = 'trixie';
const packages = ['qemu-system-x86', 'ipxe-qemu', 'ovmf', 'ipxe'];
const programs = ['qemu-system-x86_64'];
const libraries = 'usr/lib/x86_64-linux-gnu';

/**
 * Makes .cache/qemu complete unless it is, and returns its folder of programs, to be put on PATH. Fetches some
 * 60 MB, once.
 */
export function unpackQemu() {
  const place = resolve('.cache/qemu');
  const mark = join(place, 'complete');
  if (existsSync(mark)) return writeWrappers(place);
  rmSync(place, { recursive: true, force: true });
  const root = join(place, 'root');
  const archives = join(place, 'archives');
  mkdirSync(root, { recursive: true });
  mkdirSync(join(archives, 'partial'), { recursive: true });
  withForeignApt(suite, (options) => downloadClosure(archives, options));
  const files = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  for (const file of files) execFileSync('dpkg', ['-x', join(archives, file), root]);
  rmSync(archives, { recursive: true });
  writeFileSync(`${mark}.new`, `${files.join('\n')}\n`);
  renameSync(`${mark}.new`, mark);
  return writeWrappers(place);
}

function writeWrappers(place) {
  mkdirSync(join(place, 'bin'), { recursive: true });
  for (const program of programs) writeWrapper(place, program);
  return join(place, 'bin');
}

/** The packages and all that they depend on: apt is told that nothing is installed. */
function downloadClosure(archives, options) {
  const here = [`Dir::Cache::archives=${archives}/`, 'Debug::NoLocking=1', 'APT::Sandbox::User='];
  const command = ['install', '-y', '--no-install-recommends', '--download-only', ...packages];
  execFileSync('apt-get', ['-q', ...options, ...here.flatMap((one) => ['-o', one]), ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** It finds its files beside itself, so that the folder may be moved, or kept from one run of CI to the next. */
function writeWrapper(place, program) {
  const firmware = ['usr/share/qemu', 'usr/share/seabios', 'usr/lib/ipxe/qemu', 'usr/share/ovmf'];
  const at = (path) => `"$root/${path}"`;
  const loader = `${at(`${libraries}/ld-linux-x86-64.so.2`)} --inhibit-cache --library-path "$root/${libraries}:$root/usr/lib"`;
  const lines = [
    '#!/bin/sh',
    'here=$(readlink -f "$0")',
    `root=\${here%/*/*}/root`,
    `export QEMU_MODULE_DIR=${at(`${libraries}/qemu`)}`,
    `exec ${loader} ${at(`usr/bin/${program}`)} ${firmware.map((path) => `-L ${at(path)}`).join(' ')} "$@"`,
  ];
  writeFileSync(join(place, 'bin', program), `${lines.join('\n')}\n`, { mode: 0o755 });
}
