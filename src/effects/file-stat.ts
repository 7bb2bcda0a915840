// SPDX-License-Identifier: Apache-2.0

import type { Stats } from 'node:fs';

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Permission bits, setuid, setgid and sticky included: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
}

export function statOf(found: Stats): FileStat {
  const { mode, uid, gid, size } = found;
  return { kind: kindOf(found), mode: mode & 0o7777, uid, gid, sizeBytes: size };
}

function kindOf(found: Stats): FileStat['kind'] {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  return found.isSymbolicLink() ? 'link' : 'other';
}
