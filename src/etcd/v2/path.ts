// SPDX-License-Identifier: Apache-2.0

import type { KeyRange } from '../kv.js';
import { keyOf, prefixRange, textOf } from '../text.js';

/**
 * Where the view keeps what v3 keys cannot say. v2 keys begin with `/`, so nothing under this prefix is ever
 * seen or reached through the view.
 */
const recordPrefix = '_muster.v2';

/** Holds the entry of the last v2 write; watchers read there what it did. */
export const entryKey = '_muster.v2.entry';

/** `/a/b` of `a/b/`, `//a/./b`; the root is `/`. */
export function cleanPath(text: string): string {
  const names: string[] = [];
  for (const name of text.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

export function isCleanPath(text: string): boolean {
  return text.startsWith('/') && text.length > 1 && cleanPath(text) === text;
}

/** `/a`, `/a/b`, `/a/b/c` of `/a/b/c`; nothing of the root. */
export function pathsDownTo(path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '');
  return names.map((_name, index) => `/${names.slice(0, index + 1).join('/')}`);
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What the paths of everything in a directory begin with. */
export function insideOf(directory: string): string {
  return directory === '/' ? '/' : `${directory}/`;
}

export function isInside(path: string, directory: string): boolean {
  return path.startsWith(insideOf(directory)) && path !== directory;
}

/** Whether a name that begins with `_` lies between a directory and a path in it. */
export function isHiddenFrom(directory: string, path: string): boolean {
  if (!isInside(path, directory)) return false;
  return path
    .slice(insideOf(directory).length)
    .split('/')
    .some((name) => name.startsWith('_'));
}

/** The v3 key of a file is its path, its value the plain value. */
export function fileKey(path: string): Uint8Array {
  return keyOf(path);
}

export function recordKey(path: string): Uint8Array {
  return keyOf(recordPrefix + path);
}

/** All files below a directory. */
export function filesInside(directory: string): Required<KeyRange> {
  return prefixRange(insideOf(directory));
}

export function recordsInside(directory: string): Required<KeyRange> {
  return prefixRange(recordPrefix + insideOf(directory));
}

/** What a v3 key is to the view; `undefined` when it is nothing to it. */
export function findPlace(
  key: Uint8Array,
): { readonly kind: 'file' | 'record'; readonly path: string } | { readonly kind: 'entry' } | undefined {
  const text = textOf(key);
  if (text === entryKey) return { kind: 'entry' };
  if (isCleanPath(text)) return { kind: 'file', path: text };
  if (!text.startsWith(`${recordPrefix}/`)) return undefined;
  return { kind: 'record', path: text.slice(recordPrefix.length) };
}
