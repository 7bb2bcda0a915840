// SPDX-License-Identifier: Apache-2.0

import { memoryBackend } from '../memory-backend.js';
import type { LogFile } from './log-file.js';
import type { Tree } from './logged-backend.js';

/** For tests: a disk that keeps what was written when the power goes, and a power that goes when told. */
export interface SimulatedDisk {
  /** Opened anew after each power failure; they share what is on the disk. */
  open(): { readonly tree: Tree; readonly file: LogFile };
  /**
   * In the nth step from now, a write to the log or a commit of the tree: of a write so many percent of the sectors are
   * there, chosen by `pick`; a commit is there from 50 percent on. From then on nothing is answered. Resolves then.
   */
  failPower(step: number, percent: number, pick: (sector: number) => number): Promise<void>;
  /** The next write to the log fails and the power does not. */
  failWrite(): void;
  /** What is on the disk of the log. */
  log(): Buffer;
  cut(toBytes: number): void;
  /** The tree finds the disk full, until `heal`. */
  fill(): void;
  heal(): void;
}

// Small, so that small frames are torn.
const sectorBytes = 16;

interface Power {
  stepsLeft: number;
  percent: number;
  pick: (sector: number) => number;
  gone: () => void;
}

export function simulatedDisk(full: () => Error): SimulatedDisk {
  const kept = memoryBackend();
  const state = { log: Buffer.alloc(0), failsWrite: false, isFull: false };
  const power: Power = { stepsLeft: Number.POSITIVE_INFINITY, percent: 0, pick: () => 0, gone: () => {} };
  return {
    failPower: (stepsLeft, percent, pick) =>
      new Promise((gone) => Object.assign(power, { stepsLeft, percent, pick, gone })),
    failWrite() {
      state.failsWrite = true;
    },
    log: () => state.log,
    cut(toBytes) {
      state.log = state.log.subarray(0, toBytes);
    },
    fill() {
      state.isFull = true;
    },
    heal() {
      state.isFull = false;
    },
    open() {
      Object.assign(power, { stepsLeft: Number.POSITIVE_INFINITY });
      const alive = { isAlive: true };
      /** With whether this step is the last; does not resolve after it. */
      const step = async (): Promise<boolean> => {
        if (!alive.isAlive) return new Promise(() => {});
        power.stepsLeft -= 1;
        alive.isAlive = power.stepsLeft > 0;
        return !alive.isAlive;
      };
      const end = (): Promise<never> => {
        power.gone();
        return new Promise(() => {});
      };
      const file: LogFile = {
        sizeBytes: () => state.log.length,
        read: async () => Buffer.from(state.log),
        async write(at, bytes) {
          if (state.failsWrite) throw new Error('input/output error');
          if (!(await step())) state.log.set(bytes, at);
          else {
            tear(state.log, at, bytes, power);
            await end();
          }
        },
        async grow(toBytes) {
          if (!state.isFull) state.log = Buffer.concat([state.log, Buffer.alloc(toBytes - state.log.length)]);
        },
        close: async () => {},
      };
      const refuseWhenFull = () => {
        if (state.isFull) throw full();
      };
      const tree: Tree = {
        ...kept,
        refuseWhenFull,
        async commit(writes) {
          refuseWhenFull();
          const isLast = await step();
          if (!isLast || power.percent >= 50) await kept.commit(writes);
          if (isLast) await end();
        },
      };
      return { tree, file };
    },
  };
}

function tear(log: Buffer, at: number, bytes: Uint8Array, { percent, pick }: Power): void {
  for (let from = 0; from < bytes.length; from += sectorBytes) {
    if (pick(from / sectorBytes) % 100 < percent)
      log.set(bytes.subarray(from, from + sectorBytes), at + from);
  }
}
