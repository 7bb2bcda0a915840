// SPDX-License-Identifier: Apache-2.0

import type { Files } from '../effects/index.js';
import { resolveInRoot } from './node-root.js';
import type { Condition } from './unit-settings.js';

/**
 * The first condition that keeps a unit from being started, in words; `undefined` when none does. All plain ones
 * must hold, and one of those that are triggers.
 */
export async function findUnmet(
  files: Files,
  root: string,
  conditions: readonly Condition[],
): Promise<string | undefined> {
  const judged = await Promise.all(
    conditions.map(async (condition) => ({
      condition,
      isMet: (await isTrue(files, root, condition)) !== condition.isNegated,
    })),
  );
  const unmet = judged.find(({ condition, isMet }) => !condition.isTrigger && !isMet);
  const triggers = judged.filter(({ condition }) => condition.isTrigger);
  const failed = unmet ?? (triggers.some(({ isMet }) => isMet) ? undefined : triggers[0]);
  return failed === undefined ? undefined : render(failed.condition);
}

async function isTrue(files: Files, root: string, { check, path }: Condition): Promise<boolean> {
  const real = await resolveInRoot(files, root, path, { last: 'follow', absoluteLinks: 'node' }).catch(
    () => undefined,
  );
  const found = real === undefined ? undefined : await files.stat(real);
  switch (check) {
    case 'path-exists':
      return found !== undefined;
    case 'path-is-folder':
      return found?.kind === 'directory';
    case 'file-not-empty':
      return found?.kind === 'file' && found.sizeBytes > 0;
    case 'folder-not-empty':
      return ((real === undefined ? undefined : await files.list(real)) ?? []).length > 0;
    default:
      return check satisfies never;
  }
}

function render({ check, path, isNegated }: Condition): string {
  return `condition ${check}${isNegated ? ' not' : ''} "${path}" is not met`;
}
