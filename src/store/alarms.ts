// SPDX-License-Identifier: Apache-2.0

import * as z from 'zod';
import type { Alarm, AlarmKind } from '../etcd/index.js';
import { memberId } from '../model/index.js';
import { inTurn } from './in-turn.js';
import { metaKey } from './record.js';
import { parseStored, type StoredJsonDeps, storedJson } from './stored-json.js';

export const alarmsKey = metaKey('alarms');

/** The raised alarms; they outlive the process. */
export interface Alarms {
  list(): readonly Alarm[];
  /** Whoever it names. */
  isUp(kind: AlarmKind): boolean;
  /** Repeating it changes nothing. */
  raise(alarm: Alarm): Promise<void>;
  /** False: it was not up. */
  lower(alarm: Alarm): Promise<boolean>;
}

const schema = z.array(
  z.object({ memberId: z.string().regex(/^[0-9a-f]{1,16}$/), kind: z.enum(['no-space', 'corrupt']) }),
);

/** Of what is stored under `alarmsKey`. Throws a plain `Error` when muster did not write it. */
export function parseAlarms(bytes: Uint8Array | undefined): readonly Alarm[] {
  const records = parseStored(bytes, schema) ?? [];
  return records.map(({ memberId: id, kind }) => ({ memberId: memberId(BigInt(`0x${id}`)), kind }));
}

/** Throws a plain `Error` when what is stored was not written by muster. */
export function openAlarms(deps: StoredJsonDeps): Alarms {
  const stored = storedJson(deps, alarmsKey, schema);
  const state = { list: parseAlarms(deps.backend.get(alarmsKey)) };
  const turn = inTurn();
  const keep = async (list: readonly Alarm[]) => {
    await stored.write(list.map(({ memberId: id, kind }) => ({ memberId: id.toString(16), kind })));
    state.list = list;
  };
  return {
    list: () => state.list,
    isUp: (kind) => state.list.some((alarm) => alarm.kind === kind),
    raise: (alarm) =>
      turn(async () => {
        if (!state.list.some((one) => isSame(one, alarm))) await keep([...state.list, alarm]);
      }),
    lower: (alarm) =>
      turn(async () => {
        const rest = state.list.filter((one) => !isSame(one, alarm));
        if (rest.length === state.list.length) return false;
        await keep(rest);
        return true;
      }),
  };
}

function isSame(a: Alarm, b: Alarm): boolean {
  return a.memberId === b.memberId && a.kind === b.kind;
}
