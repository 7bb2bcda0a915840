// SPDX-License-Identifier: Apache-2.0

import { open } from 'node:fs/promises';

/** Resolves once a file, or the names in a folder, are on the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
