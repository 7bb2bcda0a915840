// SPDX-License-Identifier: Apache-2.0

import * as fs from 'node:fs';
import { join } from 'node:path';
import { syncFile } from '../sync-file.js';

/** The file of the log: bytes at places, each of them on the disk when its promise resolves. */
export interface LogFile {
  sizeBytes(): number;
  /** All of it. */
  read(): Promise<Buffer>;
  /** Resolves once it is on the disk. Within the file's size no room has to be found for it, and no metadata changes. */
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** Fills the file up with zeros, when the disk has plenty of room; leaves it as it is otherwise. */
  grow(toBytes: number): Promise<void>;
  close(): Promise<void>;
}

const logName = 'log';
/**
 * So small a frame is written in place: the way over another thread takes as long as the disk does, and few calls are in
 * flight that could be read meanwhile.
 */
const inPlaceBytes = 4096;
/**
 * Unless the disk has kept everybody waiting for so long, so often in a row (once may be the processor's doing): then so
 * many go over the other thread.
 */
const slowMs = 20;
const slowTimes = 3;
const writesAfterSlow = 100;
const zerosAtATime = 1024 * 1024;
/** Of the free space, what may be taken. */
const share = 1 / 8;

/** @throws Node's error */
export function openLogFile(folder: string): LogFile {
  const path = join(folder, logName);
  const opened: { file: number | undefined } = { file: fs.existsSync(path) ? open(path) : undefined };
  const away = { slowTimes: 0, writesLeft: 0 };
  return {
    sizeBytes: () => (opened.file === undefined ? 0 : fs.fstatSync(opened.file).size),
    read: () => (opened.file === undefined ? Promise.resolve(Buffer.alloc(0)) : fs.promises.readFile(path)),
    async write(at, bytes) {
      if (bytes.length > inPlaceBytes || away.writesLeft > 0) {
        away.writesLeft = Math.max(0, away.writesLeft - 1);
        return writeAll(opened.file, at, bytes);
      }
      const start = performance.now();
      writeInPlace(opened.file, at, bytes);
      away.slowTimes = performance.now() - start > slowMs ? away.slowTimes + 1 : 0;
      if (away.slowTimes >= slowTimes) Object.assign(away, { slowTimes: 0, writesLeft: writesAfterSlow });
    },
    async grow(toBytes) {
      const from = opened.file === undefined ? 0 : fs.fstatSync(opened.file).size;
      const { bavail, bsize } = fs.statfsSync(folder);
      if (toBytes - from > bavail * bsize * share) return;
      opened.file ??= open(path);
      await fillUp(opened.file, from, toBytes);
      await syncFile(folder);
    },
    async close() {
      if (opened.file !== undefined) fs.closeSync(opened.file);
      opened.file = undefined;
    },
  };
}

/** With O_DSYNC a write and the wait for the disk are one call of the system. */
function open(path: string): number {
  const { O_RDWR, O_CREAT, O_DSYNC } = fs.constants;
  const file = fs.openSync(path, O_RDWR | O_CREAT | O_DSYNC, 0o600);
  fs.fchmodSync(file, 0o600);
  return file;
}

async function fillUp(file: number, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += zerosAtATime) {
    await writeAll(file, at, new Uint8Array(Math.min(zerosAtATime, to - at)));
  }
}

async function writeAll(file: number | undefined, at: number, bytes: Uint8Array): Promise<void> {
  if (file === undefined) throw new Error('there is no log file');
  for (let done = 0; done < bytes.length; ) done += await writeSome(file, at + done, bytes, done);
}

function writeInPlace(file: number | undefined, at: number, bytes: Uint8Array): void {
  if (file === undefined) throw new Error('there is no log file');
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}

/** The form with a callback is a third faster than that of `fs.promises`. */
function writeSome(file: number, at: number, bytes: Uint8Array, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(file, bytes, from, bytes.length - from, at, (error, written) => {
      if (error !== null) reject(error);
      else resolve(written);
    });
  });
}
