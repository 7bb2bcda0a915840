// SPDX-License-Identifier: Apache-2.0

import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { type FileStat, statOf } from './file-stat.js';

/** A folder that is held open: its name may come to lead elsewhere meanwhile, and this stays the same folder. */
export interface OpenFolder {
  /** Leads to this very folder while it is open, for the functions of `Files` and names below it. */
  readonly path: string;
  stat(): Promise<FileStat>;
  chmod(mode: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  /** Of a plain file in it; `undefined` when there is none. A link is never followed and nothing is waited for. */
  readText(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}

const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** A pipe or device that somebody put there opens at once, too. */
const asFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** @throws Node's error with `ENOTDIR` or `ELOOP` where something else is, a link included; Linux only */
export async function openRealFolder(path: string): Promise<OpenFolder> {
  const handle = await fs.open(path, asFolder);
  const held = `/proc/self/fd/${handle.fd}`;
  return {
    path: held,
    stat: async () => statOf(await handle.stat()),
    chmod: (mode) => handle.chmod(mode),
    chown: (uid, gid) => handle.chown(uid, gid),
    readText: (name) => readPlain(`${held}/${name}`),
    close: () => handle.close(),
  };
}

async function readPlain(path: string): Promise<string | undefined> {
  const handle = await fs.open(path, asFile).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    return (await handle.stat()).isFile() ? await handle.readFile('utf8') : undefined;
  } finally {
    await handle.close();
  }
}
