// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { fail } from './errors.js';

/** Where the reboot lock has always been. Source of key and value: coreos/locksmith, lock/etcd.go. */
export const semaphoreKey = '/coreos.com/updateengine/rebootlock/semaphore';

const groupFolder = '/coreos.com/updateengine/rebootlock/groups/';

/** Of a group's semaphore; the empty text is the default group. */
export function semaphoreKeyOf(group: string): string {
  return group === '' ? semaphoreKey : `${groupFolder}${escapeGroup(group)}/semaphore`;
}

/** The group of a semaphore's key; `undefined` for any other key. */
export function groupOfKey(key: string): string | undefined {
  if (key === semaphoreKey) return '';
  if (!key.startsWith(groupFolder) || !key.endsWith('/semaphore')) return undefined;
  const escaped = key.slice(groupFolder.length, -'/semaphore'.length);
  try {
    const group = decodeURIComponent(escaped.replaceAll('+', ' '));
    return group !== '' && escapeGroup(group) === escaped ? group : undefined;
  } catch {
    return undefined;
  }
}

/** As Go's url.QueryEscape: `prod/db` is `prod%2Fdb`, a blank is `+`. */
export function escapeGroup(group: string): string {
  const hex = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(group)
    .replace(/[!'()*]/g, hex)
    .replaceAll('%20', '+');
}

/** Both bounds of all semaphores, the default one included. */
export const semaphorePrefix = '/coreos.com/updateengine/rebootlock/';

/** The reboot lock as locksmith has it: at most `max` machines reboot at once. */
export interface Semaphore {
  /** Free places; negative after `max` was lowered below the number of holders. */
  readonly semaphore: number;
  /** 0 freezes all reboots; a negative one does as well. */
  readonly max: number;
  /** Sorted; `null` until somebody held it for the first time. */
  readonly holders: readonly string[] | null;
}

export const newSemaphore: Semaphore = { semaphore: 1, max: 1, holders: null };

const whole = z.number().int();
const semaphoreSchema = z.object({
  semaphore: whole,
  max: whole,
  holders: z.array(z.string()).nullish(),
});

/** @throws `lock/damaged-semaphore` for anything that locksmith would not have written */
export function parseSemaphore(group: string, text: string): Semaphore {
  const parsed = semaphoreSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw fail('lock/damaged-semaphore', { key: semaphoreKeyOf(group) });
  const { semaphore, max, holders } = parsed.data;
  return { semaphore, max, holders: holders == null ? null : [...new Set(holders)].sort() };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One line, in the order in which locksmith writes it. */
export function renderSemaphore({ semaphore, max, holders }: Semaphore): string {
  return JSON.stringify({ semaphore, max, holders });
}
