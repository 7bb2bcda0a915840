// SPDX-License-Identifier: Apache-2.0

import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { machineFiles } from '../agent/index.js';
import { realExec, realFiles } from '../effects/index.js';
import { buildImage, getImage, type Image, listImages, type Mode, removeImage } from '../image/index.js';
import { isMusterError } from '../model/index.js';
import { imageFolder } from './boot/built-image.js';
import { type CommandInput, type ExitCode, type FlagValues, textFlag } from './command.js';
import { fail } from './errors.js';
import { type Column, printJson, printRows } from './print.js';
import { ownEnvironment, thisProgram } from './this-program.js';
import { version } from './version.js';

/** How muster is started on a machine. */
const machineProgram = ['/usr/bin/node', '/usr/lib/muster/bin/muster'];

const megabyte = 1 << 20;

const columns: readonly Column<Image>[] = [
  { title: 'NAME', text: ({ manifest }) => manifest.name },
  { title: 'DEBIAN', text: ({ manifest }) => manifest.suite },
  { title: 'KERNEL', text: ({ manifest }) => manifest.kernelRelease },
  { title: 'INITRD', text: ({ manifest }) => `${(manifest.initrd.sizeBytes / megabyte).toFixed(1)} MiB` },
  { title: 'IN MEMORY', text: ({ manifest }) => `${(manifest.unpackedBytes / megabyte).toFixed(0)} MiB` },
  { title: 'DATE', text: ({ manifest }) => manifest.sourceDate },
];

export async function runImageBuild({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const onLine = await openLines();
  const image = await buildImage(
    { exec: realExec, files: realFiles, environment: ownEnvironment() },
    {
      name: args[0] ?? 'default',
      root: imageFolder(),
      suite: packageName(flags, 'suite') ?? 'trixie',
      kernel: packageName(flags, 'kernel') ?? 'linux-image-cloud-amd64',
      packages: (textFlag(flags, 'package') ?? '')
        .split(',')
        .filter((name) => name !== '')
        .map(checkName),
      sources: readSources(),
      program: resolve(realpathSync(thisProgram()[1] ?? ''), '../..'),
      musterVersion: version,
      machineFiles: machineFiles(machineProgram),
      epochSeconds: readEpoch(process.env.SOURCE_DATE_EPOCH),
      mode: (textFlag(flags, 'mode') ?? 'auto') as Mode,
      level: readLevel(flags),
      onLine: onLine.show,
    },
    signal,
  ).finally(onLine.end);
  if (textFlag(flags, 'output') === 'json') printJson(shown(image));
  else {
    const { name, initrd } = image.manifest;
    process.stdout.write(
      `made image ${name}: initrd ${(initrd.sizeBytes / megabyte).toFixed(1)} MiB, in ${image.folder}\n`,
    );
  }
  return 0;
}

export async function runImageList({ flags }: CommandInput): Promise<ExitCode> {
  const damaged: unknown[] = [];
  const images = await listImages(realFiles, imageFolder(), (error) => damaged.push(error));
  if (textFlag(flags, 'output') === 'json') printJson(images.map(shown));
  else await printRows('table', images, columns);
  for (const error of damaged) {
    if (!isMusterError(error)) throw error;
    process.stderr.write(`error: ${error.message}\n  ${error.next}\n`);
  }
  return damaged.length === 0 ? 0 : 1;
}

export async function runImageShow({ args, flags }: CommandInput): Promise<ExitCode> {
  const image = await getImage(realFiles, imageFolder(), args[0] ?? '');
  if (textFlag(flags, 'output') === 'json') printJson({ ...shown(image), packages: image.manifest.packages });
  else {
    const { kernel, initrd, args: words, packages } = image.manifest;
    process.stdout.write(
      `kernel  sha256 ${kernel.sha256}\ninitrd  sha256 ${initrd.sha256}\nargs    ${words.join(' ')}\n\n`,
    );
    await printRows('table', packages, [
      { title: 'PACKAGE', text: (one) => one.name },
      { title: 'VERSION', text: (one) => one.version },
    ]);
  }
  return 0;
}

export async function runImageRm({ args }: CommandInput): Promise<ExitCode> {
  const name = args[0] ?? '';
  await removeImage(realFiles, imageFolder(), name);
  process.stdout.write(`removed image ${name}\n`);
  return 0;
}

function shown({ folder, manifest }: Image) {
  const { packages: _packages, format: _format, ...rest } = manifest;
  return { ...rest, folder };
}

function packageName(flags: FlagValues, flag: string): string | undefined {
  const name = textFlag(flags, flag);
  return name === undefined ? undefined : checkName(name);
}

/** What goes to mmdebstrap is a name, and never an option or a path. */
function checkName(name: string): string {
  if (/^[a-z0-9][a-z0-9.+-]*$/.test(name)) return name;
  throw fail('cli/usage', {
    problem: `"${name}" is no name of a package or release`,
    hint: 'use the names that apt knows',
  });
}

function readLevel(flags: FlagValues): number {
  const level = Number(textFlag(flags, 'level') ?? '19');
  if (Number.isInteger(level) && level >= 1 && level <= 19) return level;
  throw fail('cli/usage', {
    problem: `--level is "${textFlag(flags, 'level')}"`,
    hint: 'give a number from 1 to 19',
  });
}

/** Source: reproducible-builds.org, "SOURCE_DATE_EPOCH specification", 1.1. */
function readEpoch(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  const seconds = Number(value);
  if (/^\d+$/.test(value) && seconds < 2 ** 32) return seconds;
  throw fail('cli/usage', {
    problem: `SOURCE_DATE_EPOCH is "${value}"`,
    hint: 'give seconds since 1970, or unset it',
  });
}

function readSources() {
  const folder = '/etc/apt/sources.list.d';
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return ['/etc/apt/sources.list', ...parts]
    .filter((path) => /\.(list|sources)$/.test(path) && existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

/** One live line on a terminal, plain lines elsewhere; on standard error both. */
async function openLines() {
  if (!process.stderr.isTTY)
    return { show: (line: string) => void process.stderr.write(`${line}\n`), end: () => {} };
  const show = (line: string) => {
    process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
  };
  return { show, end: () => void process.stderr.write('\r\u001b[K') };
}
