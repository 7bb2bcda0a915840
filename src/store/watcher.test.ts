// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newWatcher, stepWatcher, type WatcherEvent, type WatcherState } from './watcher.js';

const limit = 100;
const unsynced: WatcherState = { kind: 'unsynced', next: 5 };
const synced: WatcherState = { kind: 'synced', next: 5, queuedBytes: 60 };
const victim: WatcherState = { kind: 'victim', next: 5, queuedBytes: 60 };
const cancelled: WatcherState = { kind: 'cancelled' };
const published = (revision: number, sizeBytes: number): WatcherEvent => ({
  kind: 'published',
  revision,
  sizeBytes,
});
const taken = (sizeBytes: number): WatcherEvent => ({ kind: 'taken', sizeBytes });
const read = (through: number, newest: number): WatcherEvent => ({ kind: 'history-read', through, newest });
const wanted = (compactRevision: number): WatcherEvent => ({ kind: 'history-wanted', compactRevision });

describe('watcher', () => {
  test.for<[string, WatcherState, WatcherEvent, WatcherState, string]>([
    ['fits', synced, published(5, 40), { kind: 'synced', next: 6, queuedBytes: 100 }, 'enqueue'],
    [
      'skips revisions of others',
      synced,
      published(9, 1),
      { ...synced, next: 10, queuedBytes: 61 },
      'enqueue',
    ],
    ['before its start', synced, published(4, 1), synced, ''],
    ['too much', synced, published(7, 41), { kind: 'victim', next: 7, queuedBytes: 60 }, ''],
    [
      'one large',
      { ...synced, queuedBytes: 0 },
      published(5, 999),
      { ...synced, next: 6, queuedBytes: 999 },
      'enqueue',
    ],
    ['taken', synced, taken(60), { ...synced, queuedBytes: 0 }, ''],
    ['synced wants no history', synced, wanted(9), synced, ''],
    ['victim gets nothing', victim, published(6, 1), victim, ''],
    ['victim is drained', victim, taken(20), { ...victim, queuedBytes: 40 }, ''],
    ['victim is empty', victim, taken(60), unsynced, ''],
    ['victim wants no history yet', victim, wanted(9), victim, ''],
    ['unsynced gets nothing live', unsynced, published(6, 1), unsynced, ''],
    ['history is there', unsynced, wanted(5), unsynced, ''],
    ['history is gone', unsynced, wanted(6), cancelled, 'say-compacted'],
    ['a piece of history', unsynced, read(7, 9), { kind: 'unsynced', next: 8 }, ''],
    ['the end of history', unsynced, read(9, 9), { kind: 'synced', next: 10, queuedBytes: 0 }, ''],
    ['cancel unsynced', unsynced, { kind: 'cancel' }, cancelled, ''],
    ['cancel synced', synced, { kind: 'cancel' }, cancelled, ''],
    ['cancel victim', victim, { kind: 'cancel' }, cancelled, ''],
  ])('%s', ([, state, event, next, action]) => {
    const step = stepWatcher(state, event, limit);
    expect(step.state).toEqual(next);
    expect(step.actions.map((one) => one.kind).join()).toBe(action);
  });

  test.for<[string, WatcherState, WatcherEvent]>([
    ['history for a synced one', synced, read(5, 5)],
    ['history for a victim', victim, read(5, 5)],
    ['taken from an unsynced one', unsynced, taken(1)],
    ['more taken than queued', synced, taken(61)],
    ['published to a cancelled one', cancelled, published(5, 1)],
    ['taken from a cancelled one', cancelled, taken(1)],
    ['history wanted by a cancelled one', cancelled, wanted(1)],
    ['history for a cancelled one', cancelled, read(5, 5)],
    ['cancelled twice', cancelled, { kind: 'cancel' }],
  ])('%s is a defect', ([, state, event]) => {
    expect(() => stepWatcher(state, event, limit)).toThrow('invariant');
  });

  test('a new one starts in history, now, or in the future', () => {
    expect(newWatcher(3, 9)).toEqual({ kind: 'unsynced', next: 3 });
    expect(newWatcher(9, 9)).toEqual({ kind: 'unsynced', next: 9 });
    expect(newWatcher(0, 9)).toEqual({ kind: 'synced', next: 10, queuedBytes: 0 });
    expect(newWatcher(20, 9)).toEqual({ kind: 'synced', next: 20, queuedBytes: 0 });
  });

  test('whatever the order of writes and reads: every revision once, in order, and the queue bounded', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), sizeBytes: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('read' as const), most: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (start, steps) => {
          const run = simulate(start, steps);
          const expected = Array.from({ length: run.newest }, (_, n) => n + 1).filter((n) => n >= run.from);
          expect(run.seen).toEqual(expected);
          expect(run.mostQueued).toBeLessThanOrEqual(limit + 60);
        },
      ),
    );
  });
});

type Step = { kind: 'write'; sizeBytes: number } | { kind: 'take' } | { kind: 'read'; most: number };

/** A store whose every revision concerns the watcher, begun at revision 2; at the end everything is read. */
function simulate(start: number, steps: readonly Step[]) {
  const run = { newest: 2, from: start === 0 ? 3 : start, seen: [] as number[], mostQueued: 0 };
  const queue: { revision: number; sizeBytes: number }[] = [];
  let state = newWatcher(start, run.newest);
  const apply = (event: WatcherEvent) => {
    const result = stepWatcher(state, event, limit);
    state = result.state;
    return result.actions.length > 0;
  };
  const take = () => {
    const first = queue.shift();
    if (first === undefined) return false;
    run.seen.push(first.revision);
    apply(taken(first.sizeBytes));
    return true;
  };
  const readSome = (most: number) => {
    if (state.kind !== 'unsynced') return false;
    const through = Math.min(run.newest, state.next + most - 1);
    for (let revision = state.next; revision <= through; revision += 1) run.seen.push(revision);
    apply(read(through, run.newest));
    return true;
  };
  for (const step of steps) {
    if (step.kind === 'take') take();
    else if (step.kind === 'read') readSome(step.most);
    else {
      run.newest += 1;
      if (apply(published(run.newest, step.sizeBytes))) queue.push({ ...step, revision: run.newest });
    }
    run.mostQueued = Math.max(
      run.mostQueued,
      queue.reduce((sum, one) => sum + one.sizeBytes, 0),
    );
  }
  while (take() || readSome(3));
  return run;
}
