// SPDX-License-Identifier: Apache-2.0

import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { open as openLmdb, RootDatabase, Transaction } from 'lmdb';
import { isMusterError, type MusterError } from '../model/index.js';
import type { Backend, BackendView, Write } from './backend.js';
import { fail } from './errors.js';
import { freeBytesFor } from './free-space.js';
import { inTurn } from './in-turn.js';
import type { Tree } from './log/logged-backend.js';
import { syncFile } from './sync-file.js';

type Database = RootDatabase<Uint8Array, Uint8Array>;

/** `data.mdb` and `lock.mdb`, LMDB's own names. */
const dataFile = 'data.mdb';
const lockFile = 'lock.mdb';

/** Loads what a store on disk needs, for who knows that one will be opened. It may be called again. */
export function loadStore(): Promise<typeof import('lmdb')> {
  return import('lmdb');
}

/**
 * The store on disk, in a folder of its own that only its owner may read.
 *
 * A commit resolves when LMDB has synced data and meta page. LMDB is loaded here and not before, so programs
 * that open no store do not pay for it. Another process that has the folder open is refused; the same process
 * opening it twice is not noticed.
 *
 * @throws `store/in-use`, `store/corrupt`, `store/disk-full`, `store/folder-unusable`
 */
export async function lmdbBackend(folder: string): Promise<Tree> {
  const { open } = await loadStore();
  const db = refusing(folder, () => {
    prepareFolder(folder);
    return openDatabase(open, folder);
  });
  try {
    refusing(folder, () => {
      refuseSecond(folder, db);
      removeCopies(folder);
    });
  } catch (error) {
    await db.close();
    throw error;
  }
  return backendOn(open, folder, db);
}

function openDatabase(open: typeof openLmdb, folder: string): Database {
  const database: Database = open({
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: 1,
    // The promise of a write then means "synced", and an error of the sync reaches us.
    overlappingSync: false,
    // We batch ourselves; LMDB's own batch has a promise that nobody could catch when its commit fails.
    eventTurnBatching: false,
  });
  for (const name of [dataFile, lockFile]) fs.chmodSync(join(folder, name), 0o600);
  return database;
}

/** One opened file. A defragmented store goes on with another one, while views still read the old. */
interface Opened {
  readonly db: Database;
  readonly views: Set<BackendView>;
  isRetired: boolean;
}

interface Own {
  opened: Opened;
  /** After it nothing may be committed. */
  failure: MusterError | undefined;
}

function backendOn(open: typeof openLmdb, folder: string, db: Database): Tree {
  const own: Own = { opened: { db, views: new Set(), isRetired: false }, failure: undefined };
  // Commits and defragmenting take turns, in the order they were asked for.
  const turn = inTurn();
  return {
    get: (key) => own.opened.db.getBinary(key),
    scan: (from, to, visit) => scanIn(own.opened.db, { start: from, end: to }, visit),
    commit: (writes) => turn(() => commit(own, folder, writes)),
    refuseWhenFull: (writes, waitingBytes) => refuseWhenFull(own.opened.db, folder, writes, waitingBytes),
    flush: () => turn(() => Promise.resolve()),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    entryCount: () => countOf(own.opened.db.getStats()),
    sizeBytes: () => fs.statSync(join(folder, dataFile)).size,
    inUseBytes: () => inUseBytes(own.opened.db.getStats()),
    view: () => viewOf(own.opened),
    defragment: () => turn(() => swap(open, own, folder)),
    close: () =>
      turn(async () => {
        for (const view of own.opened.views) view.close();
        await own.opened.db.close();
      }),
  };
}

async function commit(
  { opened: { db }, failure }: Own,
  folder: string,
  writes: readonly Write[],
): Promise<void> {
  if (failure !== undefined) throw failure;
  refuseWhenFull(db, folder, writes, 0);
  try {
    await db.batch(() => {
      for (const write of writes) stage(db, write);
    });
  } catch (error) {
    throw commitFailure(folder, await causeOf(error), sizeOf(writes));
  }
}

/** With more room than this nothing is worked out. */
const ampleBytes = 64 * 1024 * 1024;
const pageBytes = 4096;
/** The paths from the root that every commit writes anew, the free list's among them. */
const pagesPerCommit = 16;

/**
 * A write that finds the disk full harms the memory of LMDB's binding (seen with lmdb 3.5.6: the process was ended now
 * and then), so that one which might is not begun. Room within the file counts.
 */
function refuseWhenFull(db: Database, folder: string, writes: readonly Write[], waitingBytes: number): void {
  const roomBytes = freeBytesFor(process.geteuid?.(), fs.statfsSync(folder)) - waitingBytes;
  if (roomBytes >= ampleBytes) return;
  const pages = writes.reduce(
    (sum, write) => sum + (write.kind === 'put' ? Math.ceil(write.value.length / pageBytes) + 1 : 0.25),
    pagesPerCommit,
  );
  const reusableBytes = fs.statSync(join(folder, dataFile)).size - inUseBytes(db.getStats());
  if (roomBytes + reusableBytes < pages * pageBytes) throw fail('store/disk-full', { folder });
}

async function swap(open: typeof openLmdb, own: Own, folder: string): Promise<void> {
  const { opened } = own;
  const { copy, failure } = await compactedCopy(open, folder, opened.db);
  own.opened = { db: copy, views: new Set(), isRetired: false };
  own.failure = failure;
  opened.isRetired = true;
  if (opened.views.size === 0) await opened.db.close();
  if (failure !== undefined) throw failure;
}

interface ScanRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly transaction?: Transaction;
}

function scanIn(
  db: Database,
  range: ScanRange,
  visit: (key: Uint8Array, value: Uint8Array) => boolean,
): void {
  for (const { key, value } of db.getRange(range)) {
    if (!visit(key, value)) return;
  }
}

function viewOf(opened: Opened): BackendView {
  const transaction = opened.db.useReadTransaction();
  const view: BackendView = {
    scan(from, to, visit) {
      if (!opened.views.has(view)) throw new Error('the view is closed');
      scanIn(opened.db, { start: from, end: to, transaction }, visit);
    },
    close() {
      if (!opened.views.delete(view)) return;
      transaction.done();
      if (opened.isRetired && opened.views.size === 0) void opened.db.close();
    },
  };
  opened.views.add(view);
  return view;
}

const copyPrefix = 'defragmented-';

/**
 * A copy without holes in the place of the data file, opened. It is whole and on the disk before it is renamed,
 * so a crash leaves one of the two; what it leaves beside them is removed by the next start. The lock file comes
 * along, so that another process still finds the store in use.
 */
async function compactedCopy(open: typeof openLmdb, folder: string, db: Database) {
  const place = fs.mkdtempSync(join(folder, copyPrefix));
  try {
    await db.backup(place, true);
    await syncFile(join(place, dataFile));
    reserveLockFile(join(place, lockFile));
    const copy = openDatabase(open, place);
    try {
      // To be in the list of readers, by which another process finds the store in use.
      copy.getBinary(Uint8Array.of(0));
      fs.renameSync(join(place, dataFile), join(folder, dataFile));
    } catch (error) {
      await copy.close();
      throw error;
    }
    return { copy, failure: await settleCopy(folder, place) };
  } catch (error) {
    throw commitFailure(folder, error, fs.statSync(join(folder, dataFile)).size);
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}

/**
 * The copy is the store by now, so there is no way back. Until the disk has the new name, a crash could bring back
 * the old file, without what is written from now on: returns the error after which nothing may be written.
 */
async function settleCopy(folder: string, place: string): Promise<MusterError | undefined> {
  try {
    fs.renameSync(join(place, lockFile), join(folder, lockFile));
    await syncFile(folder);
    return undefined;
  } catch (error) {
    return fail('store/write-failed', { folder, reason: reasonOf(error) }, error);
  }
}

/** What a crash left of defragmenting. */
function removeCopies(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (name.startsWith(copyPrefix)) fs.rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Builds a store's folder in one step: `fill` works beside it, and what it made gets the name `folder` once it is
 * whole and on the disk. Nothing is left behind when it fails.
 *
 * @throws `store/folder-not-empty`, `store/folder-unusable`, and what `fill` throws
 */
export async function buildFolder(folder: string, fill: (backend: Backend) => Promise<void>): Promise<void> {
  const place = refusing(folder, () => {
    if (fs.existsSync(folder) && fs.readdirSync(folder).length > 0) {
      throw fail('store/folder-not-empty', { folder });
    }
    fs.mkdirSync(dirname(resolve(folder)), { recursive: true });
    return fs.mkdtempSync(`${resolve(folder)}.restoring-`);
  });
  try {
    const backend = await lmdbBackend(place);
    try {
      await fill(backend);
    } finally {
      await backend.close();
    }
    await syncFile(join(place, dataFile));
    fs.renameSync(place, folder);
    await syncFile(dirname(resolve(folder)));
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}

/** Pages of the trees; those of the list of free pages are left out, as they are freed with it. */
function inUseBytes(stats: object): number {
  const numberIn = (name: string): number => {
    const found: unknown = Reflect.get(stats, name);
    return typeof found === 'number' ? found : 0;
  };
  const pages =
    numberIn('treeBranchPageCount') + numberIn('treeLeafPageCount') + numberIn('overflowPages') + metaPages;
  return pages * numberIn('pageSize');
}

const metaPages = 2;

function countOf(stats: object): number {
  return 'entryCount' in stats && typeof stats.entryCount === 'number' ? stats.entryCount : Number.NaN;
}

function stage(db: Database, write: Write): void {
  if (write.kind === 'put') void db.put(write.key, write.value);
  else void db.remove(write.key);
}

function prepareFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  fs.chmodSync(folder, 0o700);
  reserveLockFile(join(folder, lockFile));
  const data = join(folder, dataFile);
  if (fs.existsSync(data) && fs.statSync(data).size > 0) prepareData(folder, data);
  // LMDB's binding dies when it cannot write the first pages of a new file.
  else probe(folder, firstWriteBytes);
}

const lockFileBytes = 16_384;
const firstWriteBytes = 65_536;

/**
 * LMDB maps its lock file into memory: written out beforehand, a full disk is an error and not a SIGBUS. What is there
 * stays, as another process may be using it.
 */
function reserveLockFile(path: string): void {
  const present = fs.existsSync(path) ? fs.statSync(path).size : 0;
  if (present >= lockFileBytes) return;
  fs.appendFileSync(path, new Uint8Array(lockFileBytes - present), { mode: 0o600, flush: true });
}

/**
 * LMDB's binding dies on a file that LMDB refuses, so the two meta pages are looked at before. And a data file
 * that was cut off would end the process (SIGBUS) when LMDB touches what is missing; filled up with zeros, LMDB
 * finds a bad page and says so. LMDB itself may leave the last pages unwritten, which zeros suit too.
 */
function prepareData(folder: string, path: string): void {
  const file = fs.openSync(path, 'r+');
  try {
    const first = readMeta(file, 0);
    const second = readMeta(file, first?.pageBytes ?? 0);
    if (first === undefined || second?.pageBytes !== first.pageBytes) {
      throw fail('store/corrupt', {
        folder,
        reason: `${dataFile} is not of LMDB, or its first pages are damaged`,
      });
    }
    const wanted = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageBytes;
    if (fs.fstatSync(file).size < wanted) fs.ftruncateSync(file, wanted);
  } finally {
    fs.closeSync(file);
  }
}

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: number;
}

const magic = 0xbeefc0de;
const dataVersion = 2;
const metaFlag = 8;

/** As lmdb-js 3 lays it out: 24 bytes of page head, then MDB_meta. `undefined`: that is no meta page. */
function readMeta(file: number, at: number): Meta | undefined {
  const page = new DataView(new ArrayBuffer(160));
  if (fs.readSync(file, page, 0, 160, at) < 160) return undefined;
  const isMeta = page.getUint16(18, true) === metaFlag && page.getUint32(24, true) === magic;
  if (!isMeta || page.getUint32(28, true) !== dataVersion) return undefined;
  const pageBytes = page.getUint32(48, true);
  const lastPage = Number(page.getBigUint64(144, true));
  const isSound = pageBytes >= 512 && pageBytes <= 65_536 && lastPage * pageBytes < 2 ** 46;
  return isSound ? { pageBytes, lastPage } : undefined;
}

/** LMDB lists who reads, by process, and forgets the dead by itself; to be listed, one must have read. */
function refuseSecond(folder: string, db: Database): void {
  db.getBinary(Uint8Array.of(0));
  const pids = db
    .readerList()
    .split('\n')
    .map((line) => Number(line.trim().split(/\s+/)[0]))
    .filter((pid) => Number.isInteger(pid) && pid > 0 && pid !== process.pid);
  const pid = pids[0];
  if (pid !== undefined) throw fail('store/in-use', { folder, pid });
}

function refusing<T>(folder: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw isMusterError(error) ? error : openFailure(folder, error);
  }
}

function openFailure(folder: string, error: unknown): MusterError {
  const reason = reasonOf(error);
  if (isDiskFull(reason)) return fail('store/disk-full', { folder }, error);
  if (/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND|PANIC)/.test(reason)) {
    return fail('store/corrupt', { folder, reason }, error);
  }
  return fail('store/folder-unusable', { folder, reason }, error);
}

function commitFailure(folder: string, error: unknown, sizeBytes: number): MusterError {
  const reason = reasonOf(error);
  if (isDiskFull(reason) || isFullFor(folder, sizeBytes)) return fail('store/disk-full', { folder }, error);
  return fail('store/write-failed', { folder, reason }, error);
}

/** Of a write that a full disk cut short LMDB only says "input/output error", so the disk itself is asked. */
function isFullFor(folder: string, sizeBytes: number): boolean {
  try {
    probe(folder, 2 * sizeBytes + 1024 * 1024);
    return false;
  } catch (error) {
    return isDiskFull(reasonOf(error));
  }
}

/** Throws Node's error when there is no room for so many bytes. */
function probe(folder: string, sizeBytes: number): void {
  const path = join(folder, 'probe.tmp');
  try {
    fs.writeFileSync(path, new Uint8Array(sizeBytes), { mode: 0o600, flush: true });
  } finally {
    fs.rmSync(path, { force: true });
  }
}

function sizeOf(writes: readonly Write[]): number {
  return writes.reduce((sum, write) => sum + (write.kind === 'put' ? write.value.length : 0), 0);
}

function isDiskFull(reason: string): boolean {
  return /ENOSPC|EDQUOT|EFBIG|MDB_MAP_FULL|No space left|Disk quota|File too large/i.test(reason);
}

/** LMDB's binding rejects with an error that only promises the real one. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
