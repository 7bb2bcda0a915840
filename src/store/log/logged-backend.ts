// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import { invariant, isMusterError } from '../../model/index.js';
import type { Backend, BackendView, Write } from '../backend.js';
import { fail } from '../errors.js';
import { inTurn } from '../in-turn.js';
import { isSystemError } from '../system-error.js';
import { encodeFrame } from './frame.js';
import type { LogFile } from './log-file.js';
import { decodeMark, type Mark, markKey, putMark, removeMark } from './mark.js';
import { type Pending, type PendingEntries, pendingGroups } from './pending.js';
import { replay } from './replay.js';

/** What lies behind the log: a backend of its own. */
export interface Tree extends Backend {
  /** Refuses with `store/disk-full` when these may not find room once so many bytes more have taken theirs. */
  refuseWhenFull(writes: readonly Write[], waitingBytes: number): void;
}

export interface LoggedParts {
  readonly tree: Tree;
  readonly file: LogFile;
  /** Named in errors. */
  readonly folder: string;
  readonly sizes?: LogSizes;
}

export interface LogSizes {
  /** A new log has `firstBytes`; each time it was filled it doubles, up to `mostBytes`. */
  readonly firstBytes: number;
  readonly mostBytes: number;
  /** What the tree is given in one commit. */
  readonly batchBytes: number;
}

const usualSizes: LogSizes = {
  firstBytes: 1024 * 1024,
  mostBytes: 16 * 1024 * 1024,
  batchBytes: 256 * 1024,
};

interface Own {
  readonly tree: Tree;
  readonly file: LogFile;
  readonly folder: string;
  readonly sizes: LogSizes;
  readonly pending: Pending;
  /** What is done to the tree is done one after the other. */
  readonly turn: ReturnType<typeof inTurn>;
  /** Of the run under way; `undefined` while the log is not in use. */
  run: bigint | undefined;
  /** The last frame's number, and where the next one begins. */
  number: number;
  end: number;
  /** Of the file, as far as it may be written. */
  sizeBytes: number;
  isApplying: boolean;
  /** After it nothing may be committed. */
  failure: unknown;
}

/**
 * A log before a tree. A commit is one write to the log and resolves when that is on the disk; the tree gets it later,
 * together with others. Until then it is kept in memory, and readers see both as one.
 *
 *   commit ─ log ─ answer
 *             └─ pending ─ tree, when a quarter of the log waits for it
 *
 * What does not fit into the rest of the log goes to the tree itself, with all that waits, and the log begins anew. So
 * it does before the first commit, and always on a disk with no room for a log.
 *
 * @throws `store/corrupt`, and Node's error when the log cannot be read
 */
export async function loggedBackend(parts: LoggedParts): Promise<Backend> {
  const own = await openOwn(parts).catch((error) => {
    if (isSystemError(error)) throw error;
    throw fail('store/corrupt', { folder: parts.folder, reason: reasonOf(error) }, error);
  });
  const { tree, pending } = own;
  const scanTree: Backend['scan'] = (from, to, visit) => tree.scan(from, below(to), visit);
  return {
    get(key) {
      const found = pending.find(key);
      return found === undefined ? tree.get(key) : found.value;
    },
    scan: (from, to, visit) => pending.scanOver(scanTree, from, to, visit),
    commit: (writes) => commit(own, writes),
    flush: () => own.turn(() => applyAll(own)),
    turn: () => tree.turn(),
    entryCount: () => entryCount(own),
    sizeBytes: () => tree.sizeBytes() + pending.sizeBytes(),
    inUseBytes: () => tree.inUseBytes() + pending.sizeBytes(),
    view: () => viewOver(tree.view(), pending.copy()),
    defragment: () =>
      own.turn(async () => {
        await applyAll(own);
        await tree.defragment();
      }),
    close: () => own.turn(() => close(own)),
  };
}

async function openOwn({ tree, file, folder, sizes = usualSizes }: LoggedParts): Promise<Own> {
  const found = tree.get(markKey);
  const mark = found === undefined ? undefined : decodeMark(found);
  const own: Own = {
    ...{ tree, file, folder, sizes },
    pending: pendingGroups(),
    turn: inTurn(),
    run: mark?.run,
    number: mark?.number ?? 0,
    end: mark?.end ?? 0,
    sizeBytes: mark?.sizeBytes ?? 0,
    isApplying: false,
    failure: undefined,
  };
  if (mark !== undefined) await recover(own, mark);
  return own;
}

async function recover(own: Own, mark: Mark): Promise<void> {
  const log = await own.file.read();
  if (log.length < mark.sizeBytes)
    throw new Error(`its log is missing, or cut off after ${log.length} bytes`);
  const groups = replay(log.subarray(0, mark.sizeBytes), mark);
  for (const group of groups) own.pending.add(group);
  const last = groups.at(-1);
  if (last === undefined) return;
  own.number = last.number;
  own.end = last.end;
  // The crash may have come before it was on the disk.
  await own.file.write(last.start, log.subarray(last.start, last.end));
}

async function commit(own: Own, writes: readonly Write[]): Promise<void> {
  if (own.failure !== undefined) throw own.failure;
  const { run, pending } = own;
  const frame = run === undefined ? undefined : encodeFrame({ run, number: own.number + 1 }, writes);
  if (frame === undefined || own.end + frame.length > own.sizeBytes) {
    return own.turn(() => commitToTree(own, writes));
  }
  own.tree.refuseWhenFull(writes, pending.sizeBytes());
  await append(own, frame);
  pending.add({ writes, number: own.number, end: own.end });
  if (isTimeToApply(own)) applyLater(own);
}

async function append(own: Own, frame: Uint8Array): Promise<void> {
  try {
    await own.file.write(own.end, frame);
  } catch (error) {
    own.failure = fail('store/write-failed', { folder: own.folder, reason: reasonOf(error) }, error);
    throw own.failure;
  }
  own.number += 1;
  own.end += frame.length;
}

/** All that waits, these writes and the beginning of a new run, in one commit. */
async function commitToTree(own: Own, writes: readonly Write[]): Promise<void> {
  await applyDownTo(own, own.sizes.batchBytes);
  const next = { run: randomBytes(8).readBigUInt64BE(), number: 0, end: 0, sizeBytes: await grown(own) };
  await giveTree(own, [...waiting(own), ...writes, putMark(next)]);
  own.pending.drop(own.number);
  Object.assign(own, next);
}

/** The size of the log's next run. */
async function grown({ file, sizes, sizeBytes }: Own): Promise<number> {
  const wanted = Math.min(sizes.mostBytes, Math.max(sizes.firstBytes, 2 * sizeBytes, file.sizeBytes()));
  if (wanted <= file.sizeBytes()) return wanted;
  try {
    await file.grow(wanted);
    return Math.min(wanted, file.sizeBytes());
  } catch {
    // What could not be made larger is used as far as it was before; an error that matters meets the next write too.
    return sizeBytes;
  }
}

/** Early enough that little is left to do when the log is full. */
function isTimeToApply({ pending, sizes, end, sizeBytes }: Own): boolean {
  const waitingBytes = pending.sizeBytes();
  return waitingBytes > sizeBytes / 4 || (end > sizeBytes * 0.9 && waitingBytes > sizes.batchBytes);
}

/** What goes wrong the next commit is told. Where the disk is full it is tried again after that. */
function applyLater(own: Own): void {
  if (own.isApplying) return;
  own.isApplying = true;
  const applying = own.turn(() => applyDownTo(own, own.sizes.batchBytes));
  void applying
    .catch(() => {})
    .then(() => {
      own.isApplying = false;
    });
}

/** When nobody knows what the tree has of it, nothing more is committed; what waits is safe in the log. */
async function giveTree(own: Own, writes: readonly Write[]): Promise<void> {
  if (own.failure !== undefined) throw own.failure;
  try {
    await own.tree.commit(writes);
  } catch (error) {
    if (!isMusterError(error, 'store/disk-full')) own.failure = error;
    throw error;
  }
}

/** Gives the tree what waits, the oldest first, until no more than this is left. */
async function applyDownTo(own: Own, bytesLeft: number): Promise<void> {
  while (own.pending.sizeBytes() > bytesLeft) await applyOldest(own);
}

/** Gives the tree all that waits now; what comes meanwhile is not waited for. */
async function applyAll(own: Own): Promise<void> {
  const { number } = own;
  for (let reached = 0; reached < number && own.pending.sizeBytes() > 0; ) reached = await applyOldest(own);
}

/** @returns the number of the last group that the tree has now */
async function applyOldest(own: Own): Promise<number> {
  const batch = own.pending.oldest(own.sizes.batchBytes);
  invariant(batch !== undefined && own.run !== undefined, 'something waits, and is of a run');
  const { number, end, writes } = batch;
  await giveTree(own, [...writes, putMark({ run: own.run, number, end, sizeBytes: own.sizeBytes })]);
  own.pending.drop(number);
  return number;
}

function waiting({ pending }: Own): readonly Write[] {
  return pending.oldest(Number.POSITIVE_INFINITY)?.writes ?? [];
}

/** When all that waits is in the tree the log is no longer in use; otherwise the next start finds it. */
async function close(own: Own): Promise<void> {
  try {
    if (own.run !== undefined) {
      await applyDownTo(own, own.sizes.batchBytes);
      await giveTree(own, [...waiting(own), removeMark]);
    }
  } catch {
    // Nothing is lost by it.
  } finally {
    await own.file.close();
    await own.tree.close();
  }
}

/** The mark is not counted. */
function entryCount({ tree, pending }: Own): number {
  const count = { entries: tree.entryCount() - (tree.get(markKey) === undefined ? 0 : 1) };
  pending.each((key, { value }) => {
    count.entries += (value === undefined ? 0 : 1) - (tree.get(key) === undefined ? 0 : 1);
  });
  return count.entries;
}

function viewOver(view: BackendView, pending: PendingEntries): BackendView {
  const scanTree: BackendView['scan'] = (from, to, visit) => view.scan(from, below(to), visit);
  return {
    scan: (from, to, visit) => pending.scanOver(scanTree, from, to, visit),
    close: () => view.close(),
  };
}

/** Ends before the mark. */
function below(to: Uint8Array): Uint8Array {
  return Buffer.compare(to, markKey) > 0 ? markKey : to;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
