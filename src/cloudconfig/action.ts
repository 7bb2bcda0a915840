// SPDX-License-Identifier: Apache-2.0

import type { UnitCommand } from './cloud-config.js';

/** What one step of applying a configuration changes on a node. Doing it twice changes nothing more. */
export type ActionKind =
  | { readonly kind: 'set-hostname'; readonly hostname: string }
  | { readonly kind: 'authorize-keys'; readonly user: string; readonly keys: readonly string[] }
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
  /** Links `path` to `target`, in place of whatever file is there. */
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** Removes `path` if it is empty or a link to /dev/null. */
  | { readonly kind: 'unmask'; readonly path: string }
  | { readonly kind: 'enable-unit'; readonly unit: string; readonly isRuntime: boolean }
  | { readonly kind: 'reload-units' }
  | { readonly kind: 'command-unit'; readonly unit: string; readonly command: UnitCommand };

/** An action and the place in the configuration that asks for it: `coreos.units[2].command`. */
export type Action = ActionKind & { readonly reason: string };
