// SPDX-License-Identifier: Apache-2.0

import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FileStat, statOf } from './file-stat.js';
import { type OpenFolder, openRealFolder } from './open-folder.js';

export interface WriteOptions {
  /** Permission bits of the result, whatever the umask; 0o600 when left out. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Also wait until the disk has it. */
  readonly isDurable?: boolean;
}

/** The file system as a parameter. A missing file is `undefined`, any other failure is thrown as Node's error. */
export interface Files {
  read(path: string): Promise<Uint8Array | undefined>;
  readText(path: string): Promise<string | undefined>;
  /** Up to `lengthBytes` from `offsetBytes` on; less at the end of the file. */
  readPart(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array | undefined>;
  /** Replaces the file in one step (temporary file beside it, then rename); the folder must exist. */
  write(path: string, content: string | Uint8Array, options?: WriteOptions): Promise<void>;
  /** Creates the file in one step; false, and nothing changed, when something is there already. */
  create(path: string, content: string, options?: WriteOptions): Promise<boolean>;
  /** Makes a file this long, at the place where it is: what is cut off is lost, what is added is zeros and takes no room. Creates it. */
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** Creates the folder and its parents; does nothing for those that exist. */
  makeFolder(path: string, mode?: number): Promise<void>;
  /**
   * Holds the folder open. Where another user may change what a name leads to, what is looked at and what is written
   * is the same only this way. Anything else at the path is refused, a link included.
   */
  openFolder(path: string): Promise<OpenFolder>;
  /** Names in a folder, sorted; `undefined` when there is no folder. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Of the path itself, links not followed. */
  stat(path: string): Promise<FileStat | undefined>;
  readLink(path: string): Promise<string | undefined>;
  /** Replaces whatever file or link is at `path`. */
  link(target: string, path: string): Promise<void>;
  /**
   * Renames a file or a whole folder in one step, within one file system, and waits until the disk has it. Replaces
   * a file or an empty folder.
   */
  move(from: string, to: string): Promise<void>;
  /** Removes a file or a whole folder; does nothing when there is none. */
  remove(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Of the path itself, links not followed. */
  chown(path: string, uid: number, gid: number): Promise<void>;
}

export const realFiles: Files = {
  read: (path) => orMissing(fs.readFile(path)),
  readText: (path) => orMissing(fs.readFile(path, 'utf8')),
  async readPart(path, offsetBytes, lengthBytes) {
    const handle = await orMissing(fs.open(path, 'r'));
    if (handle === undefined) return undefined;
    try {
      const part = Buffer.alloc(lengthBytes);
      const { bytesRead } = await handle.read(part, 0, lengthBytes, offsetBytes);
      return part.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  },
  async write(path, content, options = {}) {
    const temporary = await writeBeside(path, content, options);
    try {
      await fs.rename(temporary, path);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
  },
  async create(path, content, options = {}) {
    const temporary = await writeBeside(path, content, options);
    try {
      await fs.link(temporary, path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await fs.rm(temporary, { force: true });
    }
  },
  async truncate(path, sizeBytes) {
    const handle = await fs.open(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    try {
      await handle.truncate(sizeBytes);
    } finally {
      await handle.close();
    }
  },
  async makeFolder(path, mode = 0o755) {
    await fs.mkdir(path, { recursive: true, mode });
  },
  openFolder: openRealFolder,
  list: async (path) => (await orMissing(fs.readdir(path)))?.sort(),
  async stat(path) {
    const found = await orMissing(fs.lstat(path));
    return found === undefined ? undefined : statOf(found);
  },
  readLink: (path) => orMissing(fs.readlink(path)),
  async link(target, path) {
    const temporary = temporaryName(path);
    await fs.symlink(target, temporary);
    await fs.rename(temporary, path);
  },
  async move(from, to) {
    await fs.rename(from, to);
    for (const folder of new Set([dirname(from), dirname(to)])) await syncFolder(folder);
  },
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
  chmod: (path, mode) => fs.chmod(path, mode),
  chown: (path, uid, gid) => fs.lchown(path, uid, gid),
};

const temporaryCounter = { next: 0 };

function temporaryName(path: string): string {
  temporaryCounter.next += 1;
  return join(dirname(path), `.muster-${process.pid}-${temporaryCounter.next}.tmp`);
}

async function writeBeside(path: string, content: string | Uint8Array, options: WriteOptions) {
  const temporary = temporaryName(path);
  try {
    const handle = await fs.open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      if (options.uid !== undefined || options.gid !== undefined) {
        await handle.chown(options.uid ?? -1, options.gid ?? -1);
      }
      // After chown, which clears the setuid and setgid bits.
      await handle.chmod(options.mode ?? 0o600);
      if (options.isDurable) await handle.sync();
    } finally {
      await handle.close();
    }
    return temporary;
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orMissing<T>(pending: Promise<T>): Promise<T | undefined> {
  try {
    return await pending;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
