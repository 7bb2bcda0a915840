// SPDX-License-Identifier: Apache-2.0

/** Pieces of files that were read lately, so that what many fetch at one time is read once. */
export interface FilePieces {
  /** The piece of that name, read by `read` unless it is here. Nobody may change what it returns. */
  take(name: string, read: () => Promise<Buffer>): Promise<Buffer>;
}

/** An image of today, kernel and initrd, in pieces of 2 MiB. */
const maxPieces = 64;
/** A hall that boots asks again within this time; then the memory is given back. */
const idleMs = 10_000;

export function openFilePieces(): FilePieces {
  const pieces = new Map<string, Promise<Buffer>>();
  const idle: { timer?: NodeJS.Timeout } = {};
  return {
    take(name, read) {
      const known = pieces.get(name);
      const piece =
        known ??
        read().catch((error: unknown) => {
          pieces.delete(name);
          throw error;
        });
      // The one that was taken last is the last one to go.
      pieces.delete(name);
      pieces.set(name, piece);
      for (const oldest of pieces.keys()) {
        if (pieces.size <= maxPieces) break;
        pieces.delete(oldest);
      }
      if (idle.timer === undefined) idle.timer = setTimeout(() => pieces.clear(), idleMs).unref();
      else idle.timer.refresh();
      return piece;
    },
  };
}
