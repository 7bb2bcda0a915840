// SPDX-License-Identifier: Apache-2.0

import type { DataPath, DataProblem } from '../../spec/index.js';

/** Cloud-config keys with underscores, as plain data that its parser reads, and what is not among them. */
export interface CloudPart {
  readonly data: Readonly<Record<string, unknown>>;
  /** Errors: what has no equal; warnings: what is there in another form. Paths are those of the Ignition config. */
  readonly problems: readonly DataProblem[];
}

/** Something that is not in the cloud-config. */
export function withoutEqual(
  path: DataPath,
  message: string,
  hint: string,
  at: DataProblem['at'] = 'value',
): DataProblem {
  return { severity: 'error', path, at, message, hint };
}

/** Something that is there in another form. */
export function otherwise(path: DataPath, message: string, hint: string): DataProblem {
  return { severity: 'warning', path, at: 'value', message, hint };
}
