// SPDX-License-Identifier: Apache-2.0

import { type FileHandle, open } from 'node:fs/promises';

/** A file that is open for reading. */
export interface OpenedFile {
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /**
   * The bytes from `start` up to and without `end`, read as they are wanted, 1 MiB at a time; closes the file at the end,
   * when it is cancelled, and after two minutes in which nobody wanted more.
   */
  stream(start: number, end: number, onRead?: (sentBytes: number) => void): ReadableStream<Uint8Array>;
  /** For a file of which no stream was taken. */
  close(): Promise<void>;
}

/** `undefined`: there is no such file, or it is none. */
export type OpenFile = (path: string) => Promise<OpenedFile | undefined>;

const chunkBytes = 1024 * 1024;
const stalledMs = 120_000;

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
    stream: (start, end, onRead) => streamOf(file, start, end, onRead),
    close: () => file.close(),
  };
};

function streamOf(
  file: FileHandle,
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
          const length = Math.min(chunkBytes, end - at.next);
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at.next);
          if (bytesRead === 0) throw new Error('the file became shorter while it was read');
          at.next += bytesRead;
          controller.enqueue(buffer.subarray(0, bytesRead));
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
