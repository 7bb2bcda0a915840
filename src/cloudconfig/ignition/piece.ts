// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, parsePath } from '../../spec/index.js';
import type { Action } from '../action.js';
import type { IgnitionFile, IgnitionUnit, IgnitionUser } from './schema.js';

/** The system that a config is made for: what it ships differs. */
export const ignitionVariants = ['flatcar', 'fcos'] as const;

export type IgnitionVariant = (typeof ignitionVariants)[number];

/** What one action of a cloud-config comes to in Ignition: a part of the config, or something to tell. */
export type Piece =
  /** In place of an earlier one of the same path. */
  | { readonly kind: 'file'; readonly file: IgnitionFile }
  /** Laid over earlier ones of the same name. */
  | { readonly kind: 'unit'; readonly unit: IgnitionUnit }
  | { readonly kind: 'user'; readonly user: IgnitionUser }
  /** Started at boot, by a drop-in of multi-user.target. */
  | { readonly kind: 'start'; readonly unit: string }
  /** A line for systemd-tmpfiles, which runs early at each boot. */
  | { readonly kind: 'tmpfiles'; readonly line: string }
  | { readonly kind: 'told'; readonly problem: DataProblem };

/** Something that Ignition cannot say: it is in the config in another form, by `hint`. */
export function changed(action: Action, message: string, hint: string): Piece {
  return tell('warning', action, message, hint);
}

/** Something that Ignition cannot say and that is not in the config. */
export function lost(action: Action, message: string, hint: string): Piece {
  return tell('error', action, message, hint);
}

function tell(severity: DataProblem['severity'], action: Action, message: string, hint: string): Piece {
  const path = parsePath(action.reason);
  return { kind: 'told', problem: { severity, path, at: 'key', message, hint } };
}
