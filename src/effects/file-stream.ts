// SPDX-License-Identifier: Apache-2.0

import { type FileHandle, open } from 'node:fs/promises';
import { openFilePieces } from './file-pieces.js';

/** A file that is open for reading. */
export interface OpenedFile {
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /**
   * The bytes from `start` up to and without `end`, read as they are wanted, 2 MiB at a time, once for all who want the
   * same at one time; closes the file at the end, when it is cancelled, and after two minutes in which nobody wanted more.
   */
  stream(start: number, end: number, onRead?: (sentBytes: number) => void): ReadableStream<Uint8Array>;
  /** For a file of which no stream was taken. */
  close(): Promise<void>;
}

/** `undefined`: there is no such file, or it is none. */
export type OpenFile = (path: string) => Promise<OpenedFile | undefined>;

const pieceBytes = 2 * 1024 * 1024;
const stalledMs = 120_000;

const pieces = openFilePieces();

export const realOpenFile: OpenFile = async (path) => {
  const file = await open(path, 'r').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  const found = await file.stat();
  if (!found.isFile()) {
    await file.close();
    return undefined;
  }
  return {
    sizeBytes: found.size,
    modifiedMs: found.mtimeMs,
    stream: (start, end, onRead) => {
      const readPiece = (index: number) =>
        pieces.take(`${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}:${index}`, () =>
          readAt(file, index * pieceBytes, Math.min(pieceBytes, found.size - index * pieceBytes)),
        );
      return streamOf(file, readPiece, start, end, onRead);
    },
    close: () => file.close(),
  };
};

async function readAt(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, from);
  if (bytesRead < length) throw new Error('the file became shorter while it was read');
  return buffer;
}

function streamOf(
  file: FileHandle,
  readPiece: (index: number) => Promise<Buffer>,
  start: number,
  end: number,
  onRead: (sentBytes: number) => void = () => {},
): ReadableStream<Uint8Array> {
  const at = { next: start };
  const watchdog: { timer?: NodeJS.Timeout } = {};
  const stop = async () => {
    clearTimeout(watchdog.timer);
    await file.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(watchdog.timer);
        try {
          const index = Math.floor(at.next / pieceBytes);
          const begin = index * pieceBytes;
          const piece = await readPiece(index);
          const part = piece.subarray(at.next - begin, end - begin);
          at.next += part.length;
          controller.enqueue(part);
          onRead(at.next - start);
          if (at.next >= end) {
            await stop();
            controller.close();
            return;
          }
        } catch (error) {
          await stop();
          throw error;
        }
        watchdog.timer = setTimeout(() => {
          controller.error(new Error('nobody read on'));
          void stop();
        }, stalledMs);
        watchdog.timer.unref();
      },
      cancel: stop,
    },
    // One piece is read while the one before is sent.
    { highWaterMark: 1 },
  );
}
