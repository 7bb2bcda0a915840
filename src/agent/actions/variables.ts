// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../../cloudconfig/index.js';
import type { Files } from '../../effects/index.js';
import { resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';
import { performWrite } from './files.js';

/** Changes lines of a file, or of what its template says while there is none, and writes it whole. */
export async function performVariables(
  deps: { readonly files: Files; readonly isSuperuser: boolean },
  root: string,
  action: Action & { readonly kind: 'set-variables' },
): Promise<ActionResult> {
  const { setVariables } = await import('../../cloudconfig/index.js');
  const { path, template, variables, reason } = action;
  const read = async (at: string) => deps.files.readText(await resolveInRoot(deps.files, root, at));
  const before = (await read(path)) ?? (template === '' ? undefined : await read(template)) ?? '';
  const content = setVariables(before, variables);
  const write = { path, content, encoding: 'utf8', mode: 0o644, owner: '', reason } as const;
  return performWrite(deps, root, { kind: 'write-file', ...write });
}
