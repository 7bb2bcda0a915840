// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Files, SpawnOptions } from '../effects/index.js';
import { type Command, expandArguments } from './command-line.js';
import { type Environment, parseEnvironmentFile } from './environment.js';
import { ensureFolder, resolveInRoot } from './node-root.js';
import type { NodePathSetting, UnitSettings } from './unit-settings.js';

/** Where a node's processes run, and how they are told apart from those of other nodes. */
export interface NodeContext {
  /** The folder that stands for `/`. */
  readonly root: string;
  readonly machineId: string;
  readonly bootId: string;
  readonly hostname: string;
}

/** What `Exec.spawn` takes. */
export interface PreparedProcess {
  readonly program: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

/** Where a node keeps what its units print, as the node sees it. */
const unitLogFolder = '/var/log/units';

const programFolders = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/opt/bin',
] as const;

/**
 * The value of the variable `MUSTER_UNIT`, by which every process of a unit is known, wherever it went: two nodes of
 * one computer may have the same machine ID, never the same root.
 */
export function unitMarker(context: NodeContext, unit: string): string {
  return `${context.root}#${unit}`;
}

/**
 * The variables that a unit sets itself. A variable of an environment file wins over `Environment=`.
 *
 * Throws a plain `Error` when an environment file is missing that is not optional.
 */
export async function unitEnvironment(
  files: Files,
  context: NodeContext,
  settings: UnitSettings,
): Promise<Environment> {
  const found: Record<string, string> = { ...settings.environment };
  for (const { path, isOptional } of settings.environmentFiles) {
    const real = await resolveInRoot(files, context.root, path, { last: 'follow', absoluteLinks: 'node' });
    const text = await files.readText(real);
    if (text === undefined && !isOptional) throw new Error(`environment file "${path}" is missing`);
    Object.assign(found, parseEnvironmentFile(text ?? ''));
  }
  return found;
}

/**
 * Finds the program, folders and variables of a command. A program is taken from the node when it is there, else
 * from the host: a local node has no programs of its own.
 *
 * Throws a plain `Error` that says what is missing.
 */
export async function prepareProcess(
  files: Files,
  context: NodeContext,
  unit: string,
  settings: UnitSettings,
  command: Command,
  extra: Environment,
): Promise<PreparedProcess> {
  const env = {
    ...baseEnvironment(context),
    ...(await unitEnvironment(files, context, settings)),
    ...extra,
    MUSTER_ROOT: context.root,
    MUSTER_MACHINE: context.root,
    MUSTER_UNIT: unitMarker(context, unit),
  };
  const args = command.isExpanded ? expandArguments(command.args, env) : command.args;
  const program = await findProgram(files, context.root, command.program);
  const cwd = await workingFolder(files, context.root, settings.workingFolder);
  const folder = await ensureFolder(files, context.root, unitLogFolder);
  return { program, args, options: { cwd, env, logFile: posix.join(folder, `${unit}.log`) } };
}

function baseEnvironment(context: NodeContext): Environment {
  const own = posix.join(context.root, '/opt/bin');
  return {
    PATH: [...programFolders, ...(context.root === '/' ? [] : [own])].join(':'),
    HOME: posix.join(context.root, '/root'),
    LANG: 'C.UTF-8',
  };
}

async function findProgram(files: Files, root: string, program: string): Promise<string> {
  const candidates = program.startsWith('/')
    ? [program]
    : programFolders.map((folder) => `${folder}/${program}`);
  for (const candidate of candidates) {
    const inNode = await findInNode(files, root, candidate);
    if (inNode !== undefined) return inNode;
  }
  for (const candidate of candidates) {
    if ((await files.stat(candidate)) !== undefined) return candidate;
  }
  throw new Error(`program "${program}" is neither in the node nor on its host`);
}

async function findInNode(files: Files, root: string, program: string): Promise<string | undefined> {
  if (posix.resolve(root) === '/') return undefined;
  try {
    const real = await resolveInRoot(files, root, program, { last: 'follow', absoluteLinks: 'node' });
    return (await files.stat(real)) === undefined ? undefined : real;
  } catch {
    // A link that leads out of the node: the host's program of that name is what it can only mean.
    return undefined;
  }
}

async function workingFolder(
  files: Files,
  root: string,
  wanted: NodePathSetting | undefined,
): Promise<string> {
  if (wanted === undefined) return root;
  const path = wanted.path === '~' ? '/root' : wanted.path;
  const real = await resolveInRoot(files, root, path, { last: 'follow', absoluteLinks: 'node' });
  if ((await files.stat(posix.join(real, '.')))?.kind === 'directory') return real;
  if (wanted.isOptional) return root;
  throw new Error(`working folder "${path}" is missing in the node`);
}
