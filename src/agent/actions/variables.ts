// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../../cloudconfig/index.js';
import type { Files } from '../../effects/index.js';
import { resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';
import { findFileGap, performWrite } from './files.js';

interface VariableDeps {
  readonly files: Files;
  readonly isSuperuser: boolean;
}

type SetVariables = Action & { readonly kind: 'set-variables' };

/** Changes lines of a file, or of what its template says while there is none, and writes it whole. */
export async function performVariables(
  deps: VariableDeps,
  root: string,
  action: SetVariables,
): Promise<ActionResult> {
  return performWrite(deps, root, await wholeFile(deps, root, action));
}

export async function findVariablesGap(
  deps: VariableDeps,
  root: string,
  action: SetVariables,
): Promise<string | undefined> {
  return findFileGap(deps, root, await wholeFile(deps, root, action));
}

async function wholeFile(
  { files }: VariableDeps,
  root: string,
  action: SetVariables,
): Promise<Action & { readonly kind: 'write-file' }> {
  const { setVariables } = await import('../../cloudconfig/index.js');
  const { path, template, variables, reason } = action;
  const read = async (at: string) =>
    files.readText(await resolveInRoot(files, root, at, { last: 'follow', absoluteLinks: 'node' }));
  const before = (await read(path)) ?? (template === '' ? undefined : await read(template)) ?? '';
  const content = setVariables(before, variables);
  return { kind: 'write-file', path, content, encoding: 'utf8', mode: 0o644, owner: '', reason };
}
