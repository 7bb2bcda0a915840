// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { faces, holderPhases, type LockRecord, type LockState } from './lock-state.js';
import { escapeGroup } from './semaphore.js';

/** Where muster's records are: hidden from a plain listing by their underscore, outside of what the registry watches. */
export const recordPrefix = '/_muster_lock/';

/** Of a group's record; the default group has the empty text, and no name of a group ends the same. */
export function recordKeyOf(group: string): string {
  return `${recordPrefix}${group === '' ? 'default' : `groups/${escapeGroup(group)}`}`;
}

const slots = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('number'), count: z.number().int() }),
  z.object({ kind: z.literal('percent'), percent: z.number() }),
]);

const recordSchema = z.object({
  slots,
  max: z.number().int(),
  paused: z.string().optional(),
  holders: z.array(
    z.object({
      id: z.string(),
      machine: z.string(),
      since: z.number(),
      phase: z.enum(holderPhases),
      deadline: z.number(),
      bootId: z.string(),
      fence: z.number(),
      face: z.enum(faces),
      reason: z.string(),
    }),
  ),
  wasHeld: z.boolean(),
  waiters: z.array(
    z.object({
      id: z.string(),
      machine: z.string(),
      since: z.number(),
      until: z.number(),
      isNext: z.boolean(),
      reason: z.string(),
    }),
  ),
  failures: z.array(z.object({ id: z.string(), machine: z.string(), at: z.number(), reason: z.string() })),
  configured: z.string(),
  windows: z.array(
    z.object({ days: z.array(z.number()), startMinute: z.number(), lengthMinutes: z.number() }),
  ),
  timeZone: z.string(),
  failureBudget: z.number(),
});

/**
 * The record in a value; `undefined` when it is none, and the semaphore counts alone. A fence of 0 is that of the
 * record's own revision: the store tells it only once it is written, and every later write fills it in.
 */
export function parseRecord(text: string, modRevision: number): LockRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(value).data;
  if (parsed === undefined) return undefined;
  const holders = parsed.holders.map((holder) => ({ ...holder, fence: holder.fence || modRevision }));
  return { ...parsed, paused: parsed.paused, holders };
}

export function renderRecord({ missing: _, ...record }: LockState): string {
  return JSON.stringify(record);
}
