// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Action } from '../../cloudconfig/index.js';
import type { FileStat, Files, WriteOptions } from '../../effects/index.js';
import { findOwner } from '../accounts.js';
import { fail } from '../errors.js';
import { ensureFolder, resolveInRoot } from '../node-root.js';
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
  const { files } = deps;
  const place = await resolveInRoot(files, root, action.path);
  const found = await files.stat(place);
  if (found?.kind === 'directory' || found?.kind === 'other') {
    throw fail('agent/not-a-file', { path: action.path, found: found.kind });
  }
  const content = Buffer.from(action.content, action.encoding);
  const { owner, message } = await ownerOf(deps, root, action.owner);
  const note = message === undefined ? {} : { message };
  const isSame = found !== undefined && (await isWritten(files, place, found, content, action.mode, owner));
  if (isSame) return { outcome: 'unchanged', ...note };
  await ensureFolder(files, root, posix.dirname(action.path));
  await files.write(place, content, { mode: action.mode, ...owner });
  return { outcome: 'changed', ...note };
}

/** Makes a link in place of whatever file is there. The target is not looked at. */
export async function performLink(deps: FileDeps, root: string, action: Of<'link'>): Promise<ActionResult> {
  const { files } = deps;
  const place = await resolveInRoot(files, root, action.path);
  const found = await files.stat(place);
  if (found?.kind === 'link' && (await files.readLink(place)) === action.target) {
    return { outcome: 'unchanged' };
  }
  if (found?.kind === 'directory') throw fail('agent/not-a-file', { path: action.path, found: found.kind });
  await ensureFolder(files, root, posix.dirname(action.path));
  await files.link(action.target, place);
  return { outcome: 'changed' };
}

/** Removes a mask: an empty file or a link to /dev/null. Anything else is a unit that stays. */
export async function performUnmask(deps: FileDeps, root: string, path: string): Promise<ActionResult> {
  const { files } = deps;
  const place = await resolveInRoot(files, root, path);
  const found = await files.stat(place);
  const isMask =
    (found?.kind === 'file' && found.sizeBytes === 0) ||
    (found?.kind === 'link' && (await files.readLink(place)) === '/dev/null');
  if (!isMask) return { outcome: 'unchanged' };
  await files.remove(place);
  return { outcome: 'changed' };
}

async function ownerOf(
  deps: FileDeps,
  root: string,
  owner: string,
): Promise<{ readonly owner: Pick<WriteOptions, 'uid' | 'gid'>; readonly message?: string }> {
  if (owner === '') return { owner: {} };
  if (!deps.isSuperuser) return { owner: {}, message: `owner "${owner}" is not set: not run by root` };
  const found = await findOwner(deps.files, root, owner);
  if (found.kind === 'unknown') {
    return { owner: {}, message: `owner "${owner}" is not set: the node has no ${found.what}` };
  }
  const { uid, gid } = found;
  return { owner: { ...(uid < 0 ? {} : { uid }), ...(gid === undefined ? {} : { gid }) } };
}

async function isWritten(
  files: Files,
  place: string,
  found: FileStat,
  content: Uint8Array,
  mode: number,
  owner: Pick<WriteOptions, 'uid' | 'gid'>,
): Promise<boolean> {
  if (found.kind !== 'file' || found.sizeBytes !== content.length || found.mode !== mode) return false;
  if ((owner.uid ?? found.uid) !== found.uid || (owner.gid ?? found.gid) !== found.gid) return false;
  return Buffer.from((await files.read(place)) ?? []).equals(content);
}
