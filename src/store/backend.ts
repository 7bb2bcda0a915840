// SPDX-License-Identifier: Apache-2.0

export type Write =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'remove'; readonly key: Uint8Array };

/** A state of one moment, which stays as it was while writes go on. Until `close`, space that is freed is kept for it. */
export interface BackendView {
  scan(from: Uint8Array, to: Uint8Array, visit: (key: Uint8Array, value: Uint8Array) => boolean): void;
  /** May be called again. */
  close(): void;
}

/**
 * The port to the disk: an ordered map of bytes with one writer. Reads see what was committed, at once and
 * without waiting. Keys that begin with 0xff are the backend's own. `disk-backend.ts` is the real one,
 * `memory-backend.ts` the one for tests.
 */
export interface Backend {
  /** The caller owns the answer. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Visits from ≤ key < to in byte order; ends early when `visit` returns false. */
  scan(from: Uint8Array, to: Uint8Array, visit: (key: Uint8Array, value: Uint8Array) => boolean): void;
  /**
   * All of it or nothing; resolves once it is on disk. One at a time. Rejects with `store/disk-full`, after
   * which the backend goes on, or with `store/write-failed`, after which nobody knows what is on the disk.
   */
  commit(writes: readonly Write[]): Promise<void>;
  /** Puts what was committed where it will stay, however it was kept until now; then the sizes below are exact. */
  flush(): Promise<void>;
  /** Resolves once the input that is already here has been handled: what a group commit waits for. */
  turn(): Promise<void>;
  /** By the backend's own books; when a scan finds another number, something is damaged. */
  entryCount(): number;
  /** What the store takes on the disk, or in memory. */
  sizeBytes(): number;
  /** Of `sizeBytes`, what is used; the rest was freed and not given back. */
  inUseBytes(): number;
  /** Of what is committed now. */
  view(): BackendView;
  /**
   * Gives freed space back. Reads go on meanwhile, commits wait. After a crash at any moment the old state or the
   * new one is there, and they hold the same.
   */
  defragment(): Promise<void>;
  /** Once; after the last commit has been answered. */
  close(): Promise<void>;
}
