// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { FileStat, Files, OpenFolder } from '../effects/index.js';
import { fail } from './errors.js';
import { mostLinks, partsBelow, partsOf } from './node-root.js';

interface HoldDeps {
  readonly files: Files;
  readonly isSuperuser: boolean;
}

interface HoldOptions {
  /** The path that errors name, where it is another. */
  readonly named?: string;
  /** Of new folders, whatever the umask; left out: nothing is made. */
  readonly parentMode?: number;
  /** Of the folder itself, where it is new; that of its parents when left out. */
  readonly mode?: number;
}

/**
 * Gives `work` the folder at `path` of the node, held open, and closes it after; `undefined` where it is missing and not
 * made. Every step down is taken from an open folder, so that whoever owns a folder on the way cannot lead root
 * elsewhere between a look and a write. For the same reason root follows only links that nobody else can put there.
 *
 * @throws `agent/path-outside-root` as `resolveInRoot`; `agent/foreign-link`; `agent/not-a-folder`
 *
 * Cost: two calls of the system for each part of the path.
 */
export async function withFolder<T>(
  deps: HoldDeps,
  root: string,
  path: string,
  options: HoldOptions,
  work: (folder: OpenFolder) => Promise<T>,
): Promise<T | undefined> {
  const descent = await startDescent(deps, root, path, options.named ?? path);
  try {
    const isThere = await descend(descent, options);
    return isThere ? await withName(top(descent), path, work) : undefined;
  } finally {
    for (const folder of descent.held) await folder.close();
  }
}

/** Errors of the system name a path that tells nobody anything: the folder's own stands in its place. */
async function withName<T>(
  folder: OpenFolder,
  path: string,
  work: (folder: OpenFolder) => Promise<T>,
): Promise<T> {
  try {
    return await work(folder);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(folder.path, path);
    throw error;
  }
}

/** Whether nobody but root can have put the link there, or can replace it. */
function isTrustedLink(folder: FileStat, link: FileStat): boolean {
  const isSticky = (folder.mode & 0o1000) !== 0;
  return folder.uid === 0 && link.uid === 0 && ((folder.mode & 0o022) === 0 || isSticky);
}

/** Where a walk has come to. */
interface Descent {
  readonly deps: HoldDeps;
  readonly base: string;
  readonly path: string;
  readonly refuse: (why: string) => Error;
  /** From the root down to the present folder. */
  readonly held: OpenFolder[];
  readonly queue: string[];
  links: number;
}

async function startDescent(deps: HoldDeps, root: string, path: string, named: string): Promise<Descent> {
  const refuse = (why: string) => fail('agent/path-outside-root', { path: named, root, why });
  if (!path.startsWith('/') || path.includes('\0')) throw refuse('it is not an absolute path');
  const base = posix.resolve(root);
  const queue = partsOf(base === '/' ? posix.normalize(path) : path);
  if (queue.includes('..')) throw refuse('it holds ".."');
  const held = [await deps.files.openFolder(base)];
  return { deps, base, path, refuse, held, queue, links: 0 };
}

async function descend(descent: Descent, options: HoldOptions): Promise<boolean> {
  const { deps, held, queue } = descent;
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    if (part === '..') await goUp(descent);
    else {
      const place = posix.join(top(descent).path, part);
      const found = await deps.files.stat(place);
      if (found === undefined && options.parentMode === undefined) return false;
      if (found?.kind === 'link') await follow(descent, place, found);
      else held.push(await step(descent, place, found, options));
    }
  }
  return true;
}

async function step(
  { deps: { files }, path, queue }: Descent,
  place: string,
  found: FileStat | undefined,
  { parentMode = 0o755, mode = parentMode }: HoldOptions,
): Promise<OpenFolder> {
  if (found !== undefined && found.kind !== 'directory')
    throw fail('agent/not-a-folder', { path, found: found.kind });
  if (found !== undefined) return await files.openFolder(place);
  const wanted = queue.length === 0 ? mode : parentMode;
  await files.makeFolder(place, wanted);
  const made = await files.openFolder(place);
  await made.chmod(wanted);
  return made;
}

async function follow(descent: Descent, place: string, link: FileStat): Promise<void> {
  const { deps, base, held, queue, path, refuse } = descent;
  const isTrusted = isTrustedLink(await top(descent).stat(), link);
  if (deps.isSuperuser && !isTrusted) throw fail('agent/foreign-link', { path, link: posix.basename(place) });
  descent.links += 1;
  if (descent.links > mostLinks) throw refuse('too many links follow one another');
  const target = (await deps.files.readLink(place)) ?? '';
  const rest = partsBelow(base, target, base === '/' ? 'node' : 'host');
  if (rest === undefined) throw refuse(`"${posix.basename(place)}" is a link to "${target}"`);
  if (target.startsWith('/')) for (const one of held.splice(1).reverse()) await one.close();
  queue.unshift(...rest);
}

async function goUp({ held, base, refuse }: Descent): Promise<void> {
  if (held.length > 1) await held.pop()?.close();
  else if (base !== '/') throw refuse('a link leads above the root');
}

function top({ held, path }: Descent): OpenFolder {
  const folder = held.at(-1);
  if (folder === undefined) throw fail('agent/not-a-folder', { path, found: 'closed folder' });
  return folder;
}
