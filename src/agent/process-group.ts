// SPDX-License-Identifier: Apache-2.0

import type { Child, Clock, Exec, Files, ProcessSighting } from '../effects/index.js';
import { adoptProcess } from './adopted-process.js';
import { messageOf } from './errors.js';
import { resolveInRoot } from './node-root.js';
import type { Ending } from './unit-policy.js';
import { type NodeContext, type PreparedProcess, unitMarker } from './unit-process.js';
import type { UnitSettings } from './unit-settings.js';

export interface ProcessGroupDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
}

/** What control groups are to systemd: all processes of one unit, also those that went their own way. */
export interface ProcessGroup {
  /** Of the main process that was started or adopted last. */
  mainPid(): number | undefined;
  /** Starts a process and resolves when it has ended; never rejects. `onRunning` is called in between. */
  spawn(isMain: boolean, prepare: () => Promise<PreparedProcess>, onRunning: () => void): Promise<Ending>;
  /** Runs a function as the unit's main process; never rejects. */
  call(body: (signal: AbortSignal) => Promise<void>): Promise<Ending>;
  /**
   * Resolves when the process has ended that a main process left behind to serve; at once when there is none. It
   * is the one that `pidFile` names, if it is the unit's own, else the oldest. `onFound` is called in between.
   */
  adopt(pidFile: string | undefined, onFound: () => void): Promise<Ending>;
  /** Signals what the kill mode says; what is just being started is signalled once it runs. */
  signal(signal: 'SIGTERM' | 'SIGKILL', settings: UnitSettings): void;
  /** Resolves when nothing is left of what the kill mode says, or `abort` fires. */
  emptied(settings: UnitSettings, abort: AbortSignal): Promise<void>;
  /** The run is over: what is started from now on belongs to another one. */
  forget(): void;
  /** Ends every process of the unit, whatever the kill mode. */
  sweep(): Promise<void>;
}

type Signal = UnitSettings['killSignal'];

interface Member {
  readonly isMain: boolean;
  /** `isAlone`: only the process itself, not its group. */
  readonly signal: (name: Signal, isAlone: boolean) => void;
  readonly ended: Promise<unknown>;
}

// There is no event for the end of a process that is not a child, so it has to be looked for.
const firstLookMs = 5;
const lastLookMs = 500;
const sweepLimitMs = 10_000;

const stopped: Ending = {
  kind: 'exit',
  exit: { code: undefined, signal: 'SIGTERM' },
  isFailureIgnored: false,
};

const nothingLeft: Ending = {
  kind: 'exit',
  exit: { code: 0, signal: undefined },
  isFailureIgnored: true,
};

export function openProcessGroup(deps: ProcessGroupDeps, context: NodeContext, unit: string): ProcessGroup {
  const { clock, exec } = deps;
  const members = new Set<Member>();
  let mainPid: number | undefined;
  let adoption = new AbortController();
  let lastSignal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM';

  const join = (isMain: boolean, signal: Member['signal'], work: Promise<Ending>): Promise<Ending> => {
    const member: Member = { isMain, signal, ended: work };
    members.add(member);
    return work.finally(() => members.delete(member));
  };
  const marked = () => exec.findByEnvironment('MUSTER_UNIT', unitMarker(context, unit));

  /** Looks again when it finds none: a process that is just being made shows no environment for a moment. */
  const markedForSure = async (extraLooks: number, abort: AbortSignal) => {
    let found = await marked();
    for (let look = 0; found.length === 0 && look < extraLooks && !abort.aborted; look += 1) {
      await clock.sleep(firstLookMs * 2 ** look, abort);
      found = await marked();
    }
    return found;
  };

  /** Signals marked processes until there are none. */
  const drain = async (signal: () => 'SIGTERM' | 'SIGKILL', abort: AbortSignal) => {
    const told = new Set<string>();
    for (let pauseMs = firstLookMs; !abort.aborted; pauseMs = Math.min(pauseMs * 2, lastLookMs)) {
      const left = await markedForSure(1, abort);
      if (left.length === 0) return;
      for (const sighting of left) {
        const key = `${sighting.pid} ${sighting.startedAt} ${signal()}`;
        if (!told.has(key) && !abort.aborted) await exec.signal(sighting, signal());
        told.add(key);
      }
      await clock.sleep(pauseMs, abort);
    }
  };

  return {
    mainPid: () => mainPid,
    spawn(isMain, prepare, onRunning) {
      const starting = openStarting(exec);
      const work = starting.run(prepare, (child) => {
        if (isMain) mainPid = child.pid;
        onRunning();
      });
      return join(isMain, starting.signal, work);
    },
    call(body) {
      const stop = new AbortController();
      mainPid = undefined;
      const work = body(stop.signal).then(
        (): Ending => ({ kind: 'exit', exit: { code: 0, signal: undefined }, isFailureIgnored: false }),
        (error: unknown): Ending =>
          stop.signal.aborted ? stopped : { kind: 'error', message: messageOf(error) },
      );
      return join(true, () => stop.abort(), work);
    },
    async adopt(pidFile, onFound) {
      const own = new AbortController();
      adoption = own;
      mainPid = undefined;
      const daemon = await findDaemon(deps, context, pidFile, await markedForSure(4, own.signal));
      if (daemon === undefined || own.signal.aborted) return nothingLeft;
      mainPid = daemon.pid;
      onFound();
      const adopted = adoptProcess(deps, daemon);
      const signal: Member['signal'] = (name) => adopted.signal(name === 'SIGKILL' ? name : 'SIGTERM');
      return join(true, signal, adopted.watch(own.signal));
    },
    signal(signal, { killMode, killSignal }) {
      lastSignal = signal;
      for (const member of members) {
        if (member.isMain && killMode === 'none') continue;
        const isGentle = killMode === 'mixed' && signal === 'SIGTERM';
        member.signal(
          signal === 'SIGTERM' ? killSignal : signal,
          member.isMain && (killMode === 'process' || isGentle),
        );
      }
    },
    async emptied({ killMode }, abort) {
      const awaited = [...members].filter(({ isMain }) => !isMain || killMode !== 'none');
      await untilAborted(Promise.all(awaited.map(({ ended }) => ended)), abort);
      if (killMode === 'none' || killMode === 'process') return;
      await drain(() => (killMode === 'mixed' ? 'SIGKILL' : lastSignal), abort);
    },
    forget() {
      adoption.abort();
      mainPid = undefined;
    },
    async sweep() {
      for (const member of members) member.signal('SIGKILL', false);
      const limit = new AbortController();
      void clock.sleep(sweepLimitMs, limit.signal).then(() => limit.abort());
      await drain(() => 'SIGKILL', limit.signal);
      limit.abort();
    },
  };
}

/** One process from before it runs to its end; signalled early, it ends as soon as it runs, or never runs. */
function openStarting(exec: Exec) {
  let child: Child | undefined;
  let early: Signal | undefined;
  const spawn = async (prepare: () => Promise<PreparedProcess>): Promise<Child | Ending> => {
    try {
      const { program, args, options } = await prepare();
      return early === undefined ? await exec.spawn(program, args, options) : stopped;
    } catch (error) {
      return { kind: 'error', message: messageOf(error) };
    }
  };
  return {
    signal: (name: Signal, isAlone: boolean) => {
      if (child === undefined) early = name;
      else if (isAlone) void signalOne(exec, child.pid, name);
      else child.kill(name);
    },
    run: async (
      prepare: () => Promise<PreparedProcess>,
      onRunning: (child: Child) => void,
    ): Promise<Ending> => {
      const spawned = await spawn(prepare);
      if ('kind' in spawned) return spawned;
      child = spawned;
      if (early === undefined) onRunning(spawned);
      else spawned.kill(early);
      return { kind: 'exit', exit: await spawned.exited, isFailureIgnored: false };
    },
  };
}

async function signalOne(exec: Exec, pid: number, name: Signal): Promise<void> {
  const seen = await exec.sight(pid);
  if (seen !== undefined) await exec.signal(seen, name === 'SIGKILL' ? 'SIGKILL' : 'SIGTERM');
}

async function findDaemon(
  deps: ProcessGroupDeps,
  context: NodeContext,
  pidFile: string | undefined,
  marked: readonly ProcessSighting[],
): Promise<ProcessSighting | undefined> {
  const text = pidFile === undefined ? undefined : await readInRoot(deps.files, context.root, pidFile);
  // A process that is not the unit's own is never taken for it, whatever the file says.
  const named = marked.find(({ pid }) => pid === Number(text?.trim()));
  return named ?? marked.toSorted((a, b) => Number(a.startedAt) - Number(b.startedAt))[0];
}

async function readInRoot(files: Files, root: string, path: string): Promise<string | undefined> {
  try {
    return await files.readText(await resolveInRoot(files, root, path, { last: 'follow' }));
  } catch {
    return undefined;
  }
}

function untilAborted(work: Promise<unknown>, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    abort.addEventListener('abort', () => resolve(), { once: true });
    if (abort.aborted) resolve();
    void work.then(() => resolve());
  });
}
