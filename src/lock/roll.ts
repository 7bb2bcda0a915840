// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type Kv, keyOf, textOf } from '../etcd/index.js';
import { escapeGroup } from './semaphore.js';

const rollSchema = z.object({
  startedAt: z.number(),
  image: z.string(),
  before: z.string(),
  machines: z.array(z.string()),
  done: z.array(z.string()),
  state: z.enum(['running', 'stopped', 'done']),
  at: z.string(),
  reason: z.string(),
});

/** Reboots of many machines, one after another. */
export interface Roll {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What they boot since, as the cluster file names it; empty: as before. */
  readonly image: string;
  /** What they booted before; empty: no image was changed, or there was none. */
  readonly before: string;
  /** In their order. */
  readonly machines: readonly string[];
  readonly done: readonly string[];
  readonly state: 'running' | 'stopped' | 'done';
  /** The machine it is at, or stopped at. */
  readonly at: string;
  /** Why it stopped. */
  readonly reason: string;
}

/** What a roll of each group's lock has come to, so that it can be gone on with. */
export interface Rolls {
  read(group: string): Promise<Roll | undefined>;
  /** Replaces what was there. */
  write(group: string, roll: Roll): Promise<void>;
}

export function openRolls(kv: Kv): Rolls {
  const keyOfRoll = (group: string) =>
    keyOf(`/_muster_rolls/${group === '' ? 'default' : `groups/${escapeGroup(group)}`}`);
  return {
    async read(group) {
      const [found] = (await kv.range({ key: keyOfRoll(group) })).kvs;
      if (found === undefined) return undefined;
      try {
        return rollSchema.safeParse(JSON.parse(textOf(found.value))).data;
      } catch {
        return undefined;
      }
    },
    async write(group, roll) {
      await kv.put({ key: keyOfRoll(group), value: keyOf(JSON.stringify(roll)) });
    },
  };
}
