// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Exec, Files } from '../effects/index.js';
import { foreignSources, type SourceFile } from './apt-sources.js';
import { fail } from './errors.js';
import { checkImageName, getImage } from './image-folder.js';
import { type Image, type ImageManifest, imageManifestSchema } from './manifest.js';
import { type ImageFile, ownFiles } from './own-files.js';
import { outFolder, packScript, trimScript } from './scripts.js';

/** How mmdebstrap comes to the rights that it needs; `auto` is root, or a user namespace. */
export type Mode = 'auto' | 'root' | 'unshare' | 'fakechroot';

export interface BuildDeps {
  readonly exec: Exec;
  readonly files: Files;
  /** The environment of the programs that are run. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface BuildOptions {
  readonly name: string;
  /** Folder of all images; made when there is none. */
  readonly root: string;
  /** Debian's name of a release. */
  readonly suite: string;
  /** Package of the kernel. */
  readonly kernel: string;
  /** Beside those that every image has. */
  readonly packages: readonly string[];
  /** The computer's own sources of packages. */
  readonly sources: readonly SourceFile[];
  /** Folder of the built muster, with `bin` and `dist`. */
  readonly program: string;
  readonly musterVersion: string;
  /** Units of the machine's own, as the agent wants them. */
  readonly machineFiles: readonly ImageFile[];
  /** Seconds since 1970; left out: the date of the newest package. */
  readonly epochSeconds: number | undefined;
  readonly mode: Mode;
  /** 1 to 19: how hard zstd tries. */
  readonly level: number;
  /** One line for each step. */
  readonly onLine: (line: string) => void;
}

/** dbus is for logind alone, which hears the power button; a user-data may replace /etc/hosts, as the article's does. */
const basePackages = [
  'dbus',
  'e2fsprogs',
  'etcd-client',
  'etcd-server',
  'iproute2',
  'libnss-myhostname',
  'nodejs',
  'openssh-server',
  'sudo',
  'systemd',
  'systemd-sysv',
  'udev',
];

/** In a machine's memory: first the console that people see, then the one that a program reads. */
const kernelArguments = ['console=tty0', 'console=ttyS0', 'quiet', 'systemd.show_status=yes', 'panic=10'];

/** With what Node.js keeps of their compilation, which Debian's takes as well. */
const programFiles = [
  'bin/muster',
  'dist/muster.cjs',
  'dist/muster.cjs.cache',
  'dist/agent.cjs',
  'dist/agent.cjs.cache',
];

/**
 * Makes an image and puts it in place in one step; one of the same name is replaced. Nothing is left of a build that fails
 * or is interrupted. Takes minutes, and some 300 MB of packages from the computer's mirror at the first time.
 *
 * @throws `image/…`; the reason of `signal` when it fires
 */
export async function buildImage(
  deps: BuildDeps,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<Image> {
  const { exec, files } = deps;
  const { root } = options;
  const name = checkImageName(options.name);
  for (const program of ['mmdebstrap', 'zstd', 'cpio']) await demandProgram(exec, program);
  await files.makeFolder(root);
  const work = join(root, `.${name}.new`);
  await files.remove(work);
  try {
    await files.makeFolder(join(work, 'out'));
    const made = await runDebstrap(deps, options, work, signal);
    const manifest = await describe(deps, options, made);
    await files.write(join(made, 'image.json'), `${JSON.stringify(manifest, null, 2)}\n`, {
      mode: 0o644,
      isDurable: true,
    });
    await replace(files, made, join(root, name));
  } finally {
    await files.remove(work);
  }
  return getImage(files, root, name);
}

async function demandProgram(exec: Exec, program: string): Promise<void> {
  const found = await exec.run(program, ['--version']).catch(() => undefined);
  if (found === undefined) throw fail('image/program-missing', { program });
}

/** Returns the folder with what came out. */
async function runDebstrap(
  deps: BuildDeps,
  options: BuildOptions,
  work: string,
  signal: AbortSignal,
): Promise<string> {
  const { exec, files } = deps;
  const { suite, level, epochSeconds } = options;
  const hook = async (file: string, text: string) => {
    const path = join(work, file);
    await files.write(path, `#!/bin/sh\n${text}`, { mode: 0o755 });
    return `--customize-hook=${path}`;
  };
  const out = join(work, 'out');
  await layOwnFiles(files, options, join(work, 'own'));
  const sources = await writeSources(files, options, work);
  const parts = ['kernel', 'initrd', 'packages', 'kernels', 'release', 'epoch', 'unpacked'];
  const words = [
    ...['--format=null', '--variant=minbase', `--mode=${options.mode}`],
    `--include=${[...basePackages, options.kernel, ...options.packages].join(',')}`,
    // Nobody rebuilds an initrd in there.
    '--dpkgopt=path-exclude=/etc/kernel/postinst.d/*',
    `--customize-hook=sync-in ${join(work, 'own')} /`,
    await hook('trim', trimScript),
    await hook('pack', packScript(epochSeconds, level)),
    `--customize-hook=copy-out ${parts.map((part) => `${outFolder}/${part}`).join(' ')} ${out}`,
    ...[suite, '/dev/null', ...sources],
  ];
  const said: string[] = [];
  const child = await exec.spawn('mmdebstrap', words, {
    env: {
      // Of Debian's kernel packages: no initrd of theirs is made.
      INITRD: 'No',
      ...deps.environment,
      ...(epochSeconds !== undefined && { SOURCE_DATE_EPOCH: String(epochSeconds) }),
    },
    onLine(line) {
      said.push(line);
      if (/^I: /.test(line)) options.onLine(line.slice(3));
    },
  });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const { code } = await child.exited;
    signal.throwIfAborted();
    const count = (await files.readText(join(out, 'kernels')))?.trim();
    if (count !== undefined && count !== '1') throw fail('image/no-kernel', { count });
    if (code !== 0) throw debianFailed(suite, said);
    return out;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Of all that mmdebstrap and apt say, the first error is nearest to the cause. */
function debianFailed(suite: string, said: readonly string[]): Error {
  const others = said.filter((one) => !/^I: /.test(one));
  const line =
    others.find((one) => /^(E|Err|W): |rror: /.test(one) && !/command failed/.test(one)) ??
    others.find((one) => one !== '') ??
    'it said nothing';
  const advice = /Temporary failure|resolve|connect|Failed to fetch|404/i.test(said.join('\n'))
    ? 'look whether the mirror in /etc/apt answers: run `sudo apt-get update`'
    : 'see its lines above; as root, or with user namespaces, it needs nothing else';
  return fail('image/debian-failed', { suite, reason: line.replace(/^[A-Z]+: */i, ''), advice });
}

async function layOwnFiles(files: Files, options: BuildOptions, folder: string): Promise<void> {
  for (const file of [...ownFiles, ...options.machineFiles]) {
    const place = join(folder, file.path);
    await files.makeFolder(join(place, '..'));
    if ('target' in file) await files.link(file.target, place);
    else await files.write(place, file.content, { mode: 0o644 });
  }
  for (const path of programFiles) {
    const content = await files.read(join(options.program, path));
    if (content === undefined) throw fail('image/no-program', { folder: options.program });
    const place = join(folder, 'usr/lib/muster', path);
    await files.makeFolder(join(place, '..'));
    await files.write(place, content, { mode: path.startsWith('bin/') ? 0o755 : 0o644 });
  }
}

async function writeSources(
  files: Files,
  { sources, suite }: BuildOptions,
  work: string,
): Promise<readonly string[]> {
  const { styled, lined } = foreignSources(sources, suite);
  if (styled === '' && lined === '') throw fail('image/no-sources', { suite });
  const written: string[] = [];
  for (const [file, text] of [
    ['main.sources', styled],
    ['main.list', lined],
  ] as const) {
    if (text === '') continue;
    await files.write(join(work, file), text, { mode: 0o644 });
    written.push(join(work, file));
  }
  return written;
}

/** Also takes away what the image is not made of. */
async function describe(deps: BuildDeps, options: BuildOptions, out: string): Promise<ImageManifest> {
  const { files } = deps;
  const take = async (part: string) => {
    const text = await files.readText(join(out, part));
    if (text === undefined)
      throw fail('image/packing-failed', { program: 'mmdebstrap', reason: `${part} is missing` });
    await files.remove(join(out, part));
    return text.trim();
  };
  await take('kernels');
  const packages = (await take('packages')).split('\n').map((line) => {
    const [name = '', version = ''] = line.split('\t');
    return { name, version };
  });
  return imageManifestSchema.parse({
    format: 1,
    name: options.name,
    kernel: await measure(deps, join(out, 'kernel')),
    initrd: await measure(deps, join(out, 'initrd')),
    args: kernelArguments,
    suite: options.suite,
    kernelRelease: await take('release'),
    packages,
    sourceDate: new Date(Number(await take('epoch')) * 1000).toISOString(),
    musterVersion: options.musterVersion,
    unpackedBytes: Number(await take('unpacked')),
  });
}

const pieceBytes = 1 << 20;

async function measure({ files }: BuildDeps, path: string) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (;;) {
    const piece = await files.readPart(path, sizeBytes, pieceBytes);
    if (piece === undefined)
      throw fail('image/packing-failed', { program: 'zstd', reason: `${path} is missing` });
    if (piece.length === 0) break;
    hash.update(piece);
    sizeBytes += piece.length;
  }
  await files.chmod(path, 0o644);
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** A folder cannot be renamed over one that has something in it: for a moment there is none. */
async function replace(files: Files, made: string, place: string): Promise<void> {
  const old = `${place}.old`;
  await files.remove(old);
  if ((await files.stat(place)) !== undefined) await files.move(place, old);
  await files.move(made, place);
  await files.remove(old);
}
