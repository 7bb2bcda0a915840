// SPDX-License-Identifier: Apache-2.0

import type { Write } from '../backend.js';
import { decodeFrame, frameAlign, frameNumberAt, runAt } from './frame.js';
import type { Mark } from './mark.js';

/** A group of the log, which the tree does not have. */
export interface LoggedGroup {
  readonly writes: readonly Write[];
  readonly number: number;
  /** Where it begins, and where the next one does. */
  readonly start: number;
  readonly end: number;
}

/**
 * The groups behind the mark, in order. The last frame may be cut off: a crash came before it was on the disk and
 * nobody was answered. A frame is written when the one before it is on the disk, so a whole one behind a damaged one
 * shows that the disk has lost something, and then nothing is given. So it is when the tree has frames of a run that did
 * not begin in this log, which is then of another time or of another store.
 *
 * @throws a plain `Error` that says what is wrong
 */
export function replay(log: Buffer, mark: Mark): readonly LoggedGroup[] {
  if (mark.number > 0 && runAt(log) !== mark.run) {
    throw new Error(
      'its log is another one: data.mdb and log belong together, and one of them was exchanged',
    );
  }
  const groups: LoggedGroup[] = [];
  let { number, end } = mark;
  for (;;) {
    const frame = decodeFrame(log, end, { run: mark.run, number: number + 1 });
    if (frame === undefined) break;
    number += 1;
    groups.push({ writes: frame.writes, number, start: end, end: end + frame.sizeBytes });
    end += frame.sizeBytes;
  }
  refuseLater(log, mark.run, number, end);
  return groups;
}

/** Earlier ones may lie there: a frame of a client's making does not, as nobody knows the run. */
function refuseLater(log: Buffer, run: bigint, number: number, from: number): void {
  for (let at = from; at < log.length; at += frameAlign) {
    const found = frameNumberAt(log, at, run);
    if (found !== undefined && found > number) {
      throw new Error(`its log is damaged at byte ${from}: writes behind it are whole`);
    }
  }
}
