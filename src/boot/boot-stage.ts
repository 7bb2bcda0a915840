// SPDX-License-Identifier: Apache-2.0

import type { FirmwareFacts } from './firmware-facts.js';

/** A machine got as far as this on its way up. */
export type BootStage = (
  | { readonly at: 'script' | 'user-data'; readonly machine: string; readonly profile: string }
  /** Its script tells it to wait. */
  | { readonly at: 'waiting'; readonly machine: string; readonly why: string }
  /** After each piece of a file, of some MiB. `file`: `kernel`, `initrd`, `initrd-2`. */
  | {
      readonly at: 'kernel' | 'initrd';
      readonly machine: string;
      readonly file: string;
      readonly bytes: number;
      readonly total: number;
    }
  /** Nobody of this cluster. */
  | { readonly at: 'unknown'; readonly facts: FirmwareFacts }
) & { readonly remoteAddress?: string };
