// SPDX-License-Identifier: Apache-2.0

import type { UnitCommand, UserAccount } from './cloud-config.js';

/** What one step of applying a configuration changes on a node. Doing it twice changes nothing more. */
export type ActionKind =
  | { readonly kind: 'set-hostname'; readonly hostname: string }
  /** Makes the user. Of one that is there already only the password is set, and only if one is given. */
  | { readonly kind: 'ensure-user'; readonly account: UserAccount }
  | { readonly kind: 'authorize-keys'; readonly user: string; readonly keys: readonly string[] }
  /** Fetches public keys: JSON as GitHub has it, `[{"key": "ssh-…"}]`, or one a line; then as `authorize-keys`. */
  | { readonly kind: 'import-keys'; readonly user: string; readonly url: string }
  | {
      readonly kind: 'write-file';
      /** Absolute, within the node's root. */
      readonly path: string;
      readonly content: string;
      readonly encoding: 'utf8' | 'base64';
      /** Permission bits, 0 to 0o7777. */
      readonly mode: number;
      /** `user`, `user:group`; empty: as the agent is. */
      readonly owner: string;
    }
  | {
      /** Changes lines `NAME=value` of a file and keeps its other lines: see `setVariables`. Mode 0644. */
      readonly kind: 'set-variables';
      readonly path: string;
      /** What to begin with while there is no file at `path`; empty, or not there: an empty file. */
      readonly template: string;
      readonly variables: Readonly<Record<string, string>>;
    }
  /** Links `path` to `target`, in place of whatever file is there. */
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** Removes `path` if it is empty or a link to /dev/null. */
  | { readonly kind: 'unmask'; readonly path: string }
  | { readonly kind: 'enable-unit'; readonly unit: string; readonly isRuntime: boolean }
  | { readonly kind: 'reload-units' }
  | { readonly kind: 'command-unit'; readonly unit: string; readonly command: UnitCommand };

/** An action and the place in the configuration that asks for it: `coreos.units[2].command`. */
export type Action = ActionKind & { readonly reason: string };
