// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { type HttpGet, realHttpGet } from '../effects/index.js';
import { fail } from './errors.js';

/**
 * Fetches over https only from servers whose certificate an authority in that PEM file has signed; with no file, as the
 * system trusts.
 *
 * @throws `cli/file-refused`
 */
export async function pinnedGet(caFile: string | undefined): Promise<HttpGet> {
  if (caFile === undefined) return realHttpGet;
  const ca = await readFile(caFile, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw fail('cli/file-refused', { path: caFile, why, next: 'name a file of certificates in PEM' }, error);
  });
  return (url, options = {}) => realHttpGet(url, { ...options, ca });
}
