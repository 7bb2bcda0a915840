// SPDX-License-Identifier: Apache-2.0

import type { Backend, Write } from './backend.js';

/** One decided write: what goes to the backend, how to take it back, what follows once it is on disk. */
export interface Decided {
  readonly writes: readonly Write[];
  undo(): void;
  settle(): void;
}

type Committing = Pick<Backend, 'commit' | 'turn'>;

export interface GroupCommit {
  add(decided: Decided): void;
  /** Resolves once all that was added so far is on disk; rejects with the backend's error when it was undone. */
  durable(): Promise<void>;
  /** Set after a commit of unknown outcome: from then on nothing may be added. */
  failure(): unknown;
}

interface Group {
  readonly decided: Decided[];
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface State {
  /** Waits for the commit under way. */
  waiting: Group | undefined;
  /** Is being committed. */
  underWay: Group | undefined;
  isRunning: boolean;
  failure: unknown;
}

/**
 * Writes that arrive in one turn of the event loop, or while a commit is under way, share the next commit. Each
 * is decided in memory at once, on top of those not yet on disk; so when a commit fails, it and all that came
 * after it are taken back, newest first.
 *
 * @param isSafe whether after this error the backend surely holds nothing of the commit and can go on
 */
export function groupCommit(backend: Committing, isSafe: (error: unknown) => boolean): GroupCommit {
  const state: State = { waiting: undefined, underWay: undefined, isRunning: false, failure: undefined };
  return {
    add(decided) {
      state.waiting ??= openGroup();
      state.waiting.decided.push(decided);
      if (state.isRunning) return;
      state.isRunning = true;
      void run(backend, state, isSafe);
    },
    durable: () => (state.waiting ?? state.underWay)?.done ?? Promise.resolve(),
    failure: () => state.failure,
  };
}

async function run(backend: Committing, state: State, isSafe: (error: unknown) => boolean): Promise<void> {
  await backend.turn();
  while (state.waiting !== undefined) {
    const group = state.waiting;
    state.waiting = undefined;
    state.underWay = group;
    const failure = await commit(backend, group);
    state.underWay = undefined;
    if (failure === undefined) finish(group);
    else giveUp(state, group, failure.error, isSafe);
  }
  state.isRunning = false;
}

async function commit(backend: Committing, group: Group): Promise<{ readonly error: unknown } | undefined> {
  try {
    await backend.commit(group.decided.flatMap((decided) => decided.writes));
    return undefined;
  } catch (error) {
    return { error };
  }
}

function finish(group: Group): void {
  for (const decided of group.decided) decided.settle();
  group.resolve();
}

function giveUp(state: State, group: Group, error: unknown, isSafe: (error: unknown) => boolean): void {
  const later = state.waiting;
  state.waiting = undefined;
  if (!isSafe(error)) state.failure = error;
  for (const decided of [...group.decided, ...(later?.decided ?? [])].reverse()) decided.undo();
  group.reject(error);
  later?.reject(error);
}

function openGroup(): Group {
  const { promise, resolve, reject } = promiseParts();
  // A group whose writers wait for nothing must not end the process.
  promise.catch(() => {});
  return { decided: [], done: promise, resolve, reject };
}

function promiseParts() {
  const parts: { resolve: () => void; reject: (error: unknown) => void } = {
    resolve: () => {},
    reject: () => {},
  };
  const promise = new Promise<void>((resolve, reject) => {
    parts.resolve = resolve;
    parts.reject = reject;
  });
  return { promise, resolve: () => parts.resolve(), reject: (error: unknown) => parts.reject(error) };
}
