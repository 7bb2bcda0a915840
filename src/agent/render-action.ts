// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';

/** What an action does, in a few words: `write /etc/motd`. */
export function renderAction(action: Action): string {
  switch (action.kind) {
    case 'set-hostname':
      return `set the host name ${action.hostname}`;
    case 'ensure-user':
      return `make the user ${action.account.name}`;
    case 'import-keys':
      return `authorize keys of ${action.user} from ${action.url}`;
    case 'set-variables':
      return `set ${Object.keys(action.variables).join(', ')} in ${action.path}`;
    case 'authorize-keys':
      return `authorize ${action.keys.length} keys of ${action.user}`;
    case 'write-file':
      return `write ${action.path}`;
    case 'link':
      return `link ${action.path} to ${action.target}`;
    case 'unmask':
      return `unmask ${action.path}`;
    case 'enable-unit':
      return `enable ${action.unit}`;
    case 'reload-units':
      return 'reload unit files';
    case 'command-unit':
      return `${action.command} ${action.unit}`;
    default:
      return action satisfies never;
  }
}
