// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';

type SetVariables = (text: string, variables: Readonly<Record<string, string>>) => string;

/**
 * Variables that are set in a file which the same actions write become part of that file: apart, the two would undo each
 * other at every run.
 */
export function mergeWrites(actions: readonly Action[], setVariables: SetVariables): readonly Action[] {
  const merged: Action[] = [];
  for (const action of actions) {
    const at = action.kind === 'set-variables' ? merged.findLastIndex((one) => writes(one, action.path)) : -1;
    const file = merged[at];
    if (action.kind !== 'set-variables' || file?.kind !== 'write-file') merged.push(action);
    else {
      const text = Buffer.from(file.content, file.encoding).toString('utf8');
      merged[at] = { ...file, encoding: 'utf8', content: setVariables(text, action.variables) };
    }
  }
  return merged;
}

function writes(action: Action, path: string): boolean {
  return action.kind === 'write-file' && action.path === path;
}
