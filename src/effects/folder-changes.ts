// SPDX-License-Identifier: Apache-2.0

import { watch } from 'node:fs/promises';

/** Yields after each change of a name in the folder, which must exist; ends when `signal` fires. Throws Node's error. */
export type FolderChanges = (folder: string, signal: AbortSignal) => AsyncIterable<unknown>;

export const realFolderChanges: FolderChanges = async function* (folder, signal) {
  try {
    yield* watch(folder, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
