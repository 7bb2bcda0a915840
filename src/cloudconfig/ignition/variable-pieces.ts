// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../action.js';
import { encodeDataUrl } from './data-url.js';
import { type IgnitionVariant, lost, type Piece } from './piece.js';

type SetVariables = Extract<Action, { readonly kind: 'set-variables' }>;

const coreosUpdates = '/etc/coreos/update.conf';

/**
 * Lines `NAME=value` of a file whose other lines stay: Ignition adds them at its end, where they count as they come
 * last. The settings of updates are in another place than on CoreOS.
 */
export function variablePieces(action: SetVariables, variant: IgnitionVariant): readonly Piece[] {
  const text = Object.entries(action.variables).map(([name, value]) => `${name}=${value}\n`);
  const added = (path: string): Piece => ({
    kind: 'file',
    file: { path, append: [{ source: encodeDataUrl(Buffer.from(text.join(''))) }] },
  });
  if (action.path !== coreosUpdates) return [added(action.path)];
  if (variant === 'flatcar') return [added('/etc/flatcar/update.conf')];
  const message = 'Fedora CoreOS is updated by Zincati, which knows none of these settings';
  return [lost(action, message, 'write a file below /etc/zincati/config.d, and leave coreos.update out')];
}
