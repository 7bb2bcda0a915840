// SPDX-License-Identifier: Apache-2.0

import type { LockHolder, LockState } from '../../lock/index.js';
import type { MachineId } from '../../model/index.js';
import type { ClusterSnapshot } from '../../registry/index.js';
import { judgeWell } from './judge-well.js';
import type { LockMachines } from './lock-machines.js';

/** What is to be done about one holder. */
export type Care =
  /** Its machine is known by now. */
  | { readonly kind: 'name'; readonly holder: LockHolder; readonly machine: string }
  /** It is back from its reboot, and nobody else looks after it. */
  | { readonly kind: 'returned'; readonly holder: LockHolder }
  /** It is well again, and has been for long enough. */
  | {
      readonly kind: 'release';
      readonly holder: LockHolder;
      readonly machine: MachineId;
      readonly why: string;
    }
  /** Its machine is away for good, as far as anybody can tell. */
  | { readonly kind: 'free'; readonly holder: LockHolder; readonly why: string }
  /** It did not come back in time; it is held on. */
  | { readonly kind: 'fail'; readonly holder: LockHolder; readonly why: string };

export interface CareInput {
  readonly state: LockState;
  readonly snapshot: Pick<ClusterSnapshot, 'lives' | 'nodes' | 'storeView' | 'store'>;
  readonly machines: LockMachines;
  readonly freeAfterMs: number;
  readonly wellForMs: number;
  /** Since when each machine is known to be well, milliseconds since 1970. */
  readonly wellSince: ReadonlyMap<string, number>;
  readonly now: number;
}

/**
 * Looks after holders: releases those that are well after their reboot, names those whose machine is gone. A holder whose
 * machine is not known is left alone: nothing tells whether it is alive. Pure.
 */
export function planCare(input: CareInput): readonly Care[] {
  return input.state.holders.flatMap((holder) => careOf(input, holder) ?? []);
}

function careOf(input: CareInput, holder: LockHolder): Care | undefined {
  const { snapshot, machines, now, freeAfterMs } = input;
  const found = machines.find(holder.id) ?? machines.named(holder.machine);
  if (found === undefined) return careOfGone(input, holder);
  if (holder.machine !== found.name) return { kind: 'name', holder, machine: found.name };
  const life = snapshot.lives.get(found.name);
  const awayMs = now - Math.max(life?.since ?? 0, holder.since);
  if (life?.state !== 'joined' && awayMs >= freeAfterMs) {
    const why = `it is ${life?.state ?? 'absent'} for ${Math.floor(awayMs / 1000)} s${life?.reason ? `: ${life.reason}` : ''}`;
    return { kind: 'free', holder, why };
  }
  const isLate = holder.deadline > 0 && now >= holder.deadline && holder.reason === '';
  switch (holder.phase) {
    case 'holding':
      return isLate
        ? {
            kind: 'release',
            holder,
            machine: found.id,
            why: 'it was taken and never used: whoever took it is gone',
          }
        : undefined;
    case 'rebooting': {
      const isBack = life?.state === 'joined' && holder.bootId !== '' && life.bootId !== holder.bootId;
      if (isBack) return { kind: 'returned', holder };
      return isLate
        ? { kind: 'fail', holder, why: `it is ${life?.state ?? 'absent'}, and was to be back` }
        : undefined;
    }
    case 'releasing': {
      if (judgeWell(snapshot, found) !== undefined) return undefined;
      const wellMs = now - (input.wellSince.get(found.name) ?? now);
      return wellMs >= input.wellForMs
        ? { kind: 'release', holder, machine: found.id, why: 'it is well again' }
        : undefined;
    }
    default:
      return holder.phase satisfies never;
  }
}

/** It was one of ours when it took the lock, and the cluster file does not name it any more. */
function careOfGone({ snapshot, now, freeAfterMs }: CareInput, holder: LockHolder): Care | undefined {
  if (holder.machine === '' || snapshot.lives.has(holder.machine)) return undefined;
  if (now - holder.since < freeAfterMs) return undefined;
  return { kind: 'free', holder, why: 'the cluster has no such machine any more' };
}
