// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';

/**
 * What of a node an action is about, in words: `/etc/motd`, `the user web`. Two actions with the same target say what
 * becomes of one thing; empty for those that leave nothing behind.
 */
export function targetsOf(action: Action): readonly string[] {
  switch (action.kind) {
    case 'set-hostname':
      return ['the host name'];
    case 'ensure-user':
      return [`the user ${action.account.name}`];
    case 'authorize-keys':
      return action.keys.map((key) => `the key "${shortKey(key)}" of ${action.user}`);
    case 'import-keys':
      return [`the keys of ${action.user} from ${action.url}`];
    case 'write-file':
    case 'link':
      return [action.path];
    case 'set-variables':
      return Object.keys(action.variables).map((name) => `${name} in ${action.path}`);
    case 'enable-unit':
      return [`${action.unit} is enabled`];
    case 'command-unit':
      return action.command === 'stop' ? [] : [action.unit];
    case 'unmask':
    case 'reload-units':
      return [];
    default:
      return action satisfies never;
  }
}

/** The end of a key tells it from others: there is its comment. */
function shortKey(key: string): string {
  return key.length <= 32 ? key : `…${key.slice(-31)}`;
}
