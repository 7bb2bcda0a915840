// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { Board } from './board.js';

/** Says when the units of a machine that is gone may go elsewhere. */
export interface EvictionBrake {
  /** Notes who is gone, before each pass. */
  look(board: Board, now: number): void;
  /** At or before `now`: they may. The machine then counts against the share. */
  mayEvictAt(board: Board, machine: MachineId, now: number): number;
  /** As `mayEvictAt`, for what is not moved but only forgotten. */
  mayForgetAt(machine: MachineId, now: number): number;
}

export interface EvictionOptions {
  /** How long a machine that this engine saw go is waited for; it may just be renewing. */
  readonly confirmMs: number;
  /** How long one is waited for that was gone when this engine began: the store may have been away with it. */
  readonly graceMs: number;
  /** At most this share of the machines, though always one, may lose its units in a window. */
  readonly share: number;
  readonly windowMs: number;
}

export const evictionDefaults: EvictionOptions = {
  confirmMs: 500,
  graceMs: 30_000,
  share: 0.2,
  windowMs: 300_000,
};

export function openEvictionBrake(options: EvictionOptions = evictionDefaults): EvictionBrake {
  const gone = new Map<MachineId, number>();
  const evicted = new Map<MachineId, number>();
  /** Nothing before the first look. */
  const begun: { gone: ReadonlySet<MachineId> | undefined } = { gone: undefined };
  const readyAt = (machine: MachineId, now: number): number => {
    const since = gone.get(machine) ?? now;
    return begun.gone?.has(machine) ? since + options.graceMs : since + options.confirmMs;
  };
  return {
    look(board, now) {
      for (const { id, isPresent, units } of board.machines.values()) {
        if (isPresent) {
          gone.delete(id);
          evicted.delete(id);
        } else if (units.size > 0) gone.set(id, gone.get(id) ?? now);
        else if (!evicted.has(id)) gone.delete(id);
      }
      // Whoever comes back is no more of those.
      const atBegin = begun.gone ?? new Set(gone.keys());
      begun.gone = new Set([...atBegin].filter((id) => gone.has(id)));
    },
    mayEvictAt(board, machine, now) {
      const ready = readyAt(machine, now);
      if (ready > now || evicted.has(machine)) return ready;
      for (const [id, at] of evicted) if (at + options.windowMs <= now) evicted.delete(id);
      const all = board.present().length + gone.size;
      if (evicted.size < Math.max(1, Math.floor(all * options.share))) {
        evicted.set(machine, now);
        return now;
      }
      return Math.min(...evicted.values()) + options.windowMs;
    },
    mayForgetAt: readyAt,
  };
}
