// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { ByteSource } from './byte-source.js';
import type { Clock } from './clock.js';
import type { FileStat } from './file-stat.js';
import type { Files, WriteOptions } from './files.js';

/** Bytes in memory, read as those of a file are. */
export function memoryBytes(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => Buffer.from(bytes.subarray(offset, offset + length)),
  };
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes on by `ms`, waking sleepers in order; all that they do at once is done when it resolves. */
  advance(ms: number): Promise<void>;
  /** Sleepers that wait now. */
  sleeping(): number;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/** `now()` starts at `startMs`; `monotonic()` starts at 0. */
export function manualClock(startMs = 0): ManualClock {
  const state: { elapsed: number; sleepers: readonly Sleeper[] } = { elapsed: 0, sleepers: [] };
  const drop = (sleeper: Sleeper) => {
    state.sleepers = state.sleepers.filter((other) => other !== sleeper);
  };
  return {
    now: () => startMs + state.elapsed,
    monotonic: () => state.elapsed,
    sleeping: () => state.sleepers.length,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper: Sleeper = {
          wakeAt: state.elapsed + Math.max(0, ms),
          wake: () => {
            drop(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        state.sleepers = [...state.sleepers, sleeper];
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    async advance(ms) {
      const end = state.elapsed + ms;
      await settled();
      for (;;) {
        const next = state.sleepers.toSorted((a, b) => a.wakeAt - b.wakeAt)[0];
        if (next === undefined || next.wakeAt > end) break;
        state.elapsed = Math.max(state.elapsed, next.wakeAt);
        next.wake();
        await settled();
      }
      state.elapsed = end;
      await settled();
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface MemoryEntry extends Omit<FileStat, 'sizeBytes'> {
  readonly kind: 'file' | 'directory' | 'link';
  /** Bytes of a file, the target of a link. */
  readonly content: Buffer;
}

export interface MemoryFiles extends Files {
  /** All that is there, sorted. */
  paths(): readonly string[];
}

/**
 * A file system in memory, owned by root. Paths are absolute and plain; links are kept and never followed, so
 * that a test sees whether its subject resolved them.
 */
export function memoryFiles(): MemoryFiles {
  const entries = new Map<string, MemoryEntry>();
  const put = (
    path: string,
    kind: MemoryEntry['kind'],
    content: string | Uint8Array,
    options: WriteOptions,
  ) => {
    if (entries.get(posix.dirname(path))?.kind !== 'directory') throw codeError('ENOENT', path);
    if (kind !== 'directory' && entries.get(path)?.kind === 'directory') throw codeError('EISDIR', path);
    const { mode = 0o600, uid = 0, gid = 0 } = options;
    entries.set(path, { kind, content: Buffer.from(content), mode, uid, gid });
  };
  const find = (path: string, kind: MemoryEntry['kind']) => {
    const entry = entries.get(path);
    if (kind === 'file' && entry?.kind === 'directory') throw codeError('EISDIR', path);
    return entry?.kind === kind ? entry.content : undefined;
  };
  const change = (path: string, part: Partial<MemoryEntry>) => {
    const entry = entries.get(path);
    if (entry === undefined) throw codeError('ENOENT', path);
    entries.set(path, { ...entry, ...part });
  };
  entries.set('/', { kind: 'directory', content: Buffer.alloc(0), mode: 0o755, uid: 0, gid: 0 });
  return {
    paths: () => [...entries.keys()].toSorted(),
    read: async (path) => find(path, 'file'),
    readText: async (path) => find(path, 'file')?.toString('utf8'),
    readPart: async (path, offset, length) => find(path, 'file')?.subarray(offset, offset + length),
    readLink: async (path) => find(path, 'link')?.toString('utf8'),
    write: async (path, content, options = {}) => put(path, 'file', content, options),
    link: async (target, path) => put(path, 'link', target, { mode: 0o777 }),
    async create(path, content, options = {}) {
      if (entries.has(path)) return false;
      put(path, 'file', content, options);
      return true;
    },
    async truncate(path, sizeBytes) {
      const longer = Buffer.concat([find(path, 'file') ?? Buffer.alloc(0)], sizeBytes);

      put(path, 'file', longer, {});
    },
    async makeFolder(path, mode = 0o755) {
      if (path !== '/') await this.makeFolder(posix.dirname(path), mode);
      if (!entries.has(path)) put(path, 'directory', '', { mode });
    },
    async openFolder(path) {
      const stat = await this.stat(path);
      if (stat?.kind !== 'directory') throw codeError('ENOTDIR', path);
      return {
        path,
        stat: async () => stat,
        chmod: async (mode) => change(path, { mode }),
        chown: async (uid, gid) => change(path, { uid, gid }),
        readText: async (name) => find(posix.join(path, name), 'file')?.toString('utf8'),
        close: async () => {},
      };
    },
    async list(path) {
      if (entries.get(path)?.kind !== 'directory') return undefined;
      return [...entries.keys()]
        .filter((one) => one !== '/' && posix.dirname(one) === path)
        .map((one) => posix.basename(one))
        .toSorted();
    },
    async stat(path) {
      const entry = entries.get(path);
      if (entry === undefined) return undefined;
      const { kind, mode, uid, gid, content } = entry;
      return { kind, mode, uid, gid, sizeBytes: content.length };
    },
    async remove(path) {
      for (const one of [...entries.keys()]) {
        if (one === path || one.startsWith(`${path}/`)) entries.delete(one);
      }
    },
    async move(from, to) {
      if (!entries.has(from)) throw codeError('ENOENT', from);
      for (const [path, entry] of [...entries]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        entries.delete(path);
        entries.set(`${to}${path.slice(from.length)}`, entry);
      }
    },
    chmod: async (path, mode) => change(path, { mode }),
    chown: async (path, uid, gid) => change(path, { uid, gid }),
  };
}

function codeError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
