// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Files } from '../effects/index.js';
import { fail } from './errors.js';

export interface ResolveOptions {
  /** `keep`: a link at the end of the path is the thing itself, as for rename. `follow`: what it leads to. */
  readonly last?: 'keep' | 'follow';
  /**
   * What an absolute link target means. `host`: a path of this computer, so that it must lie under the root, for
   * anything that is written. `node`: a path of the node, as if the root were `/`, for what is only read.
   */
  readonly absoluteLinks?: 'host' | 'node';
}

/** As many as Linux follows. */
export const mostLinks = 40;

/**
 * The real place of `path`, a path as the node sees it, under the node's root. Parts that do not exist yet are
 * taken as plain names. With the root `/` everything is inside, and the kernel resolves links.
 *
 * @throws `agent/path-outside-root` for a relative path, `..`, a link that leads outside, and a loop of links
 *
 * Cost: one `stat` for each part of the path.
 */
export async function resolveInRoot(
  files: Pick<Files, 'stat' | 'readLink'>,
  root: string,
  path: string,
  options: ResolveOptions = {},
): Promise<string> {
  const refuse = (why: string) => fail('agent/path-outside-root', { path, root, why });
  if (!path.startsWith('/') || path.includes('\0')) throw refuse('it is not an absolute path');
  const base = posix.resolve(root);
  if (base === '/') return posix.normalize(path);
  const queue = partsOf(path);
  if (queue.includes('..')) throw refuse('it holds ".."');
  let current = base;
  for (let links = 0; queue.length > 0; ) {
    const part = queue.shift() ?? '';
    if (part === '..') {
      if (current === base) throw refuse('a link leads above the root');
      current = posix.dirname(current);
      continue;
    }
    const next = posix.join(current, part);
    const target =
      queue.length === 0 && options.last !== 'follow' ? undefined : await linkTarget(files, next);
    if (target === undefined) {
      current = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) throw refuse('too many links follow one another');
    const rest = partsBelow(base, target, options.absoluteLinks ?? 'host');
    if (rest === undefined) throw refuse(`"${next}" is a link to "${target}"`);
    if (target.startsWith('/')) current = base;
    queue.unshift(...rest);
  }
  return current;
}

/**
 * Makes the folder at `path` of the node with its parents; new ones get `mode` whatever the umask. Returns its
 * real place.
 *
 * @throws `agent/not-a-folder`; `agent/path-outside-root`
 */
export async function ensureFolder(
  files: Pick<Files, 'stat' | 'readLink' | 'makeFolder' | 'chmod'>,
  root: string,
  path: string,
  mode = 0o755,
): Promise<string> {
  const real = await resolveInRoot(files, root, path, { last: 'follow' });
  const missing: string[] = [];
  for (let current = real; ; current = posix.dirname(current)) {
    const found = await files.stat(current);
    if (found?.kind === 'directory' || (found?.kind === 'link' && current !== real)) break;
    if (found !== undefined) throw fail('agent/not-a-folder', { path, found: found.kind });
    missing.unshift(current);
    if (current === '/') break;
  }
  for (const folder of missing) {
    await files.makeFolder(folder, mode);
    await files.chmod(folder, mode);
  }
  return real;
}

async function linkTarget(files: Pick<Files, 'stat' | 'readLink'>, path: string) {
  const found = await files.stat(path);
  return found?.kind === 'link' ? await files.readLink(path) : undefined;
}

/** The steps to a link's target from the root, or from where the link is; `undefined` for one that leads outside. */
export function partsBelow(base: string, target: string, absolute: 'host' | 'node'): string[] | undefined {
  if (!target.startsWith('/') || absolute === 'node') return partsOf(target);
  const plain = posix.normalize(target);
  return plain === base || plain.startsWith(`${base}/`) ? partsOf(plain.slice(base.length)) : undefined;
}

export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
