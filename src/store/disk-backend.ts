// SPDX-License-Identifier: Apache-2.0

import { isMusterError } from '../model/index.js';
import type { Backend } from './backend.js';
import { fail } from './errors.js';
import { lmdbBackend } from './lmdb-backend.js';
import { type LogFile, openLogFile } from './log/log-file.js';
import { type LogSizes, loggedBackend } from './log/logged-backend.js';

/**
 * The store on disk, in a folder of its own that only its owner may read: LMDB with a log before it, `data.mdb` and `log`.
 * A folder of a muster without the log is taken over as it is.
 *
 * @param sizes of the log, for tests
 * @throws as `lmdbBackend`
 */
export async function diskBackend(folder: string, sizes?: LogSizes): Promise<Backend> {
  const tree = await lmdbBackend(folder);
  const opened: { file?: LogFile } = {};
  try {
    opened.file = openLogFile(folder);
    return await loggedBackend({ tree, file: opened.file, folder, ...(sizes && { sizes }) });
  } catch (error) {
    await opened.file?.close();
    await tree.close();
    if (isMusterError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw fail('store/folder-unusable', { folder, reason }, error);
  }
}
