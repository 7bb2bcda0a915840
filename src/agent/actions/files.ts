// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Action } from '../../cloudconfig/index.js';
import type { FileStat, Files, WriteOptions } from '../../effects/index.js';
import { findOwner } from '../accounts.js';
import { fail } from '../errors.js';
import { withFolder } from '../held-folder.js';
import { resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';

type Of<K extends Action['kind']> = Action & { readonly kind: K };

interface FileDeps {
  readonly files: Files;
  readonly isSuperuser: boolean;
}

/**
 * Writes a file with its mode and, where that is possible, its owner; parent folders are made 0755. A link at
 * the path is replaced, not followed.
 */
export async function performWrite(
  deps: FileDeps,
  root: string,
  action: Of<'write-file'>,
): Promise<ActionResult> {
  const done = await withParent(deps, root, action.path, async (place): Promise<ActionResult> => {
    const { content, owner, message, gap } = await lookAtFile(deps, root, place, action);
    const note = message === undefined ? {} : { message };
    if (gap === undefined) return { outcome: 'unchanged', ...note };
    await deps.files.write(place, content, { mode: action.mode, ...owner });
    return { outcome: 'changed', ...note };
  });
  return done ?? { outcome: 'unchanged' };
}

/** The place of the file in its folder, which is held open meanwhile and made where it is missing. */
function withParent<T>(
  deps: FileDeps,
  root: string,
  path: string,
  work: (place: string) => Promise<T>,
): Promise<T | undefined> {
  const options = { parentMode: 0o755, named: path };
  return withFolder(deps, root, posix.dirname(path), options, (folder) =>
    work(posix.join(folder.path, posix.basename(path))),
  );
}

/** What the node lacks of the file, in words. */
export async function findFileGap(
  deps: FileDeps,
  root: string,
  action: Of<'write-file'>,
): Promise<string | undefined> {
  const place = await resolveInRoot(deps.files, root, action.path);
  return (await lookAtFile(deps, root, place, action)).gap;
}

/** Makes a link in place of whatever file is there. The target is not looked at. */
export async function performLink(deps: FileDeps, root: string, action: Of<'link'>): Promise<ActionResult> {
  if ((await findLinkGap(deps, root, action)) === undefined) return { outcome: 'unchanged' };
  await withParent(deps, root, action.path, (place) => deps.files.link(action.target, place));
  return { outcome: 'changed' };
}

/** @throws `agent/not-a-file` where a folder is in the way */
export async function findLinkGap(
  { files }: FileDeps,
  root: string,
  { path, target }: Of<'link'>,
): Promise<string | undefined> {
  const place = await resolveInRoot(files, root, path);
  const found = await files.stat(place);
  if (found === undefined) return 'it is missing';
  if (found.kind === 'directory') throw fail('agent/not-a-file', { path, found: found.kind });
  if (found.kind !== 'link') return 'a file is there';
  return (await files.readLink(place)) === target ? undefined : 'it leads elsewhere';
}

/** Removes a mask: an empty file or a link to /dev/null. Anything else is a unit that stays. */
export async function performUnmask(deps: FileDeps, root: string, path: string): Promise<ActionResult> {
  const { files } = deps;
  if ((await findUnmaskGap(deps, root, path)) === undefined) return { outcome: 'unchanged' };
  await files.remove(await resolveInRoot(files, root, path));
  return { outcome: 'changed' };
}

export async function findUnmaskGap(
  { files }: FileDeps,
  root: string,
  path: string,
): Promise<string | undefined> {
  const place = await resolveInRoot(files, root, path);
  const found = await files.stat(place);
  const isMask =
    (found?.kind === 'file' && found.sizeBytes === 0) ||
    (found?.kind === 'link' && (await files.readLink(place)) === '/dev/null');
  return isMask ? 'it is masked' : undefined;
}

interface FileLook {
  readonly content: Uint8Array;
  readonly owner: Pick<WriteOptions, 'uid' | 'gid'>;
  /** Of an owner that cannot be given. */
  readonly message: string | undefined;
  readonly gap: string | undefined;
}

async function lookAtFile(
  deps: FileDeps,
  root: string,
  place: string,
  action: Of<'write-file'>,
): Promise<FileLook> {
  const { files } = deps;
  const found = await files.stat(place);
  if (found?.kind === 'directory' || found?.kind === 'other') {
    throw fail('agent/not-a-file', { path: action.path, found: found.kind });
  }
  const content = Buffer.from(action.content, action.encoding);
  const { owner, message } = await ownerOf(deps, root, action.owner);
  const gap = await findGapOf(files, place, found, content, action.mode, owner);
  return { content, owner, message, gap };
}

async function ownerOf(
  deps: FileDeps,
  root: string,
  owner: string,
): Promise<Pick<FileLook, 'owner' | 'message'>> {
  if (owner === '') return { owner: {}, message: undefined };
  if (!deps.isSuperuser) return { owner: {}, message: `owner "${owner}" is not set: not run by root` };
  const found = await findOwner(deps.files, root, owner);
  if (found.kind === 'unknown') {
    return { owner: {}, message: `owner "${owner}" is not set: the node has no ${found.what}` };
  }
  const { uid, gid } = found;
  return {
    owner: { ...(uid < 0 ? {} : { uid }), ...(gid === undefined ? {} : { gid }) },
    message: undefined,
  };
}

async function findGapOf(
  files: Files,
  place: string,
  found: FileStat | undefined,
  content: Uint8Array,
  mode: number,
  owner: Pick<WriteOptions, 'uid' | 'gid'>,
): Promise<string | undefined> {
  if (found === undefined) return 'it is missing';
  if (found.kind !== 'file') return `a ${found.kind} is there`;
  const isSame =
    found.sizeBytes === content.length && Buffer.from((await files.read(place)) ?? []).equals(content);
  if (!isSame) return 'its content differs';
  if (found.mode !== mode) return `its mode is ${octal(found.mode)}, not ${octal(mode)}`;
  const [uid, gid] = [owner.uid ?? found.uid, owner.gid ?? found.gid];
  if (uid === found.uid && gid === found.gid) return undefined;
  return `its owner is ${found.uid}:${found.gid}, not ${uid}:${gid}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
