// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../../cloudconfig/index.js';
import type { Files, HttpGet } from '../../effects/index.js';
import { fail } from '../errors.js';
import type { ActionResult } from './action-result.js';
import { findKeysGap, performKeys } from './keys.js';

interface ImportDeps {
  readonly files: Files;
  readonly isSuperuser: boolean;
  readonly httpGet: HttpGet;
}

type ImportKeys = Action & { readonly kind: 'import-keys' };

/** Fetches a user's public keys and adds them. */
export async function performImport(
  deps: ImportDeps,
  root: string,
  action: ImportKeys,
): Promise<ActionResult> {
  return performKeys(deps, root, await fetchKeys(deps, action));
}

/** Fetches them too, to hold them against what is there. */
export async function findImportGap(
  deps: ImportDeps,
  root: string,
  action: ImportKeys,
): Promise<string | undefined> {
  return findKeysGap(deps, root, await fetchKeys(deps, action));
}

async function fetchKeys({ httpGet }: ImportDeps, { url, user, reason }: ImportKeys) {
  const { status, body } = await httpGet(url, { maxBytes: 1024 * 1024 });
  if (status !== 200) throw fail('agent/keys-refused', { user, url, status });
  const keys = parseKeys(Buffer.from(body).toString('utf8'));
  return { kind: 'authorize-keys', user, keys, reason } as const;
}

/** Keys from GitHub's JSON, or one a line; what is neither is left out. */
export function parseKeys(text: string): readonly string[] {
  const lines = text.trimStart().startsWith('[') ? keysOfJson(text) : text.split('\n');
  return lines.map((line) => line.trim()).filter((line) => /^[a-z0-9@.-]+ \S/.test(line));
}

function keysOfJson(text: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    const entries: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
    return entries.flatMap((entry) => {
      const isKey = typeof entry === 'object' && entry !== null && 'key' in entry;
      return isKey && typeof entry.key === 'string' ? [entry.key] : [];
    });
  } catch {
    return [];
  }
}
