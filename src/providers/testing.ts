// SPDX-License-Identifier: Apache-2.0

import { dirname } from 'node:path';
import type { Child, Exec, Exit, FileStat, Files, ProcessSighting, SpawnOptions } from '../effects/index.js';

interface Entry {
  readonly kind: 'file' | 'directory' | 'link';
  readonly content: string;
  readonly mode: number;
}

/** A file system in memory. Paths are absolute and plain; links are kept, not followed. */
export function memoryFiles(): Files & { readonly paths: () => readonly string[] } {
  const entries = new Map<string, Entry>([['/', { kind: 'directory', content: '', mode: 0o755 }]]);
  const put = (path: string, entry: Entry) => {
    if (entries.get(dirname(path))?.kind !== 'directory') throw new Error(`ENOENT: ${path}`);
    entries.set(path, entry);
  };
  const contentOf = (path: string, kind: Entry['kind']) => {
    const entry = entries.get(path);
    return entry?.kind === kind ? entry.content : undefined;
  };
  return {
    paths: () => [...entries.keys()].sort(),
    readText: async (path) => contentOf(path, 'file'),
    async read(path) {
      const text = contentOf(path, 'file');
      return text === undefined ? undefined : new TextEncoder().encode(text);
    },
    async readPart(path, offset, length) {
      return (await this.read(path))?.subarray(offset, offset + length);
    },
    async write(path, content, { mode = 0o600 } = {}) {
      put(path, { kind: 'file', content: textOf(content), mode });
    },
    async create(path, content, { mode = 0o600 } = {}) {
      if (entries.has(path)) return false;
      put(path, { kind: 'file', content, mode });
      return true;
    },
    async makeFolder(path, mode = 0o755) {
      if (!entries.has(dirname(path))) await this.makeFolder(dirname(path), mode);
      if (!entries.has(path)) put(path, { kind: 'directory', content: '', mode });
    },
    async list(path) {
      if (entries.get(path)?.kind !== 'directory') return undefined;
      const inside = [...entries.keys()].filter((one) => one !== '/' && dirname(one) === path);
      return inside.map((one) => one.slice(path.length + 1)).sort();
    },
    async stat(path) {
      const entry = entries.get(path);
      return entry && statOf(entry);
    },
    readLink: async (path) => contentOf(path, 'link'),
    async link(target, path) {
      put(path, { kind: 'link', content: target, mode: 0o777 });
    },
    async move(from, to) {
      for (const [path, entry] of [...entries]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        entries.delete(path);
        entries.set(`${to}${path.slice(from.length)}`, entry);
      }
    },
    async remove(path) {
      for (const one of entries.keys()) if (one === path || one.startsWith(`${path}/`)) entries.delete(one);
    },
    async chmod(path, mode) {
      const entry = entries.get(path);
      if (entry !== undefined) entries.set(path, { ...entry, mode });
    },
    chown: async () => {},
  };
}

function textOf(content: string | Uint8Array): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
}

function statOf({ kind, mode, content }: Entry): FileStat {
  return { kind, mode, uid: 0, gid: 0, sizeBytes: content.length };
}

/** A process of `processTable`. */
export interface FakeProcess extends ProcessSighting {
  readonly args: readonly string[];
  readonly options: SpawnOptions;
  /** Signals that it got, in order. */
  readonly signals: readonly string[];
  /** Ends it as if by itself. */
  end(exit?: Partial<Exit>): void;
  /** Starts another one with the same environment, as a unit of a machine is. */
  fork(): FakeProcess;
}

export interface ProcessTable {
  readonly exec: Exec;
  readonly running: () => readonly FakeProcess[];
}

/**
 * Processes in memory, which end at once on SIGKILL, and on SIGTERM unless `isStubborn` says otherwise.
 * Children of `spawn` tell of their end; nobody tells of forks.
 */
export function processTable(isStubborn: () => boolean = () => false): ProcessTable {
  const table = new Map<number, FakeProcess>();
  let nextPid = 100;
  const start = (
    args: readonly string[],
    options: SpawnOptions,
    onEnd: (exit: Exit) => void,
  ): FakeProcess => {
    const pid = nextPid++;
    const signals: string[] = [];
    const one: FakeProcess = {
      pid,
      startedAt: `start ${pid}`,
      args,
      options,
      signals,
      end(exit = { code: 0 }) {
        if (table.delete(pid)) onEnd({ code: undefined, signal: undefined, ...exit });
      },
      fork: () => start(args, options, () => {}),
    };
    table.set(pid, one);
    return one;
  };
  const signal = (one: FakeProcess | undefined, name: string) => {
    if (one === undefined) return;
    Object.assign(one, { signals: [...one.signals, name] });
    if (name === 'SIGKILL' || !isStubborn()) one.end({ signal: name });
  };
  const exec: Exec = {
    run: () => Promise.reject(new Error('nothing runs here')),
    async spawn(command, args, options): Promise<Child> {
      let tell: (exit: Exit) => void = () => {};
      const exited = new Promise<Exit>((resolve) => (tell = resolve));
      const one = start([command, ...args], options, tell);
      return { pid: one.pid, exited, kill: (name) => signal(one, name) };
    },
    sight: async (pid) => sightingOf(table.get(pid)),
    findByEnvironment: async (name, value) =>
      [...table.values()].filter(({ options }) => options.env[name] === value).map(plain),
    async signal(seen, name) {
      const one = table.get(seen.pid);
      if (one?.startedAt === seen.startedAt) signal(one, name);
    },
  };
  return { exec, running: () => [...table.values()] };
}

function sightingOf(one: FakeProcess | undefined): ProcessSighting | undefined {
  return one && plain(one);
}

function plain({ pid, startedAt }: FakeProcess): ProcessSighting {
  return { pid, startedAt };
}
