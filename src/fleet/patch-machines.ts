// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { findMachineId } from '../model/index.js';
import type { UnitRegistry } from '../registry/index.js';
import { emptyAnswer, errorAnswer } from './answers.js';
import { readJson } from './json-body.js';

/** As fleet's documentation has a value, and as its server wanted it. */
const valueSchema = z.union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)]);
const patchSchema = z.array(
  z.object({
    op: z.enum(['add', 'remove', 'replace'], 'invalid op: expect add, remove, or replace'),
    path: z.string().regex(/^\/[^/]+\/metadata\/[A-Za-z0-9_.-]+$/, 'machine metadata path invalid'),
    value: valueSchema.optional(),
  }),
);

/**
 * `PATCH /machines`: sets metadata over the machine's own; `remove` masks a key. All of it is checked before any of it
 * is done.
 *
 * Source: coreos/fleet api/machines.go
 */
export async function patchMachines(units: UnitRegistry, request: Request): Promise<Response> {
  const patch = await readJson(request, patchSchema);
  if (patch instanceof Response) return patch;
  const settings = patch.map(({ op, path, value }) => {
    const [, machine = '', , key = ''] = path.split('/');
    return { machine: findMachineId(machine), key, value: op === 'remove' ? '' : value, op };
  });
  if (settings.some(({ machine }) => machine === undefined)) {
    return errorAnswer(400, 'machine metadata path invalid: a machine ID is 32 hex digits');
  }
  if (settings.some(({ op, value }) => op !== 'remove' && (value === undefined || value === ''))) {
    return errorAnswer(400, 'invalid value: add and replace require a value');
  }
  for (const { machine, key, value } of settings) {
    if (machine !== undefined) await units.setMetadata(machine, key, value);
  }
  return emptyAnswer(204);
}
