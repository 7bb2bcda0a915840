// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type BackupFile, dueAt, findBackup, planPruning } from './plan-backups.js';

test.each([
  ['2026-01-02T030405.006Z-42.db', { at: Date.UTC(2026, 0, 2, 3, 4, 5, 6), revision: 42 }],
  ['2026-01-02T030405.006Z-42.db.partial', undefined],
  ['2026-99-02T030405.006Z-42.db', undefined],
  ['snapshot.db', undefined],
  ['recover-0123.db', undefined],
])('%s as a backup', (name, found) => {
  expect(findBackup(name)).toEqual(found && { name, ...found });
});

const at = (...times: readonly number[]): readonly BackupFile[] =>
  times.map((time) => ({ name: `${time}`, at: time, revision: 1 }));

test.each([
  ['no backup yet: at once', [], 1_000],
  ['one just now', [1_000], 1_060],
  ['the newest counts, whatever the order', [990, 100, 500], 1_050],
  ['one that was missed: its time has passed', [100], 160],
  ['one from the future counts for nothing', [5_000], 1_000],
  ['one from the future does not hide the last', [5_000, 990], 1_050],
])('due: %s', (_, times, due) => {
  expect(dueAt(at(...times), 60, 1_000)).toBe(due);
});

test.each([
  ['fewer than are kept', [1, 2], 3, []],
  ['as many', [1, 2, 3], 3, []],
  ['more: the oldest first', [3, 1, 4, 2], 2, [1, 2]],
  ['the newest is never removed', [1, 2], 0, [1]],
])('pruning: %s', (_, times, keep, gone) => {
  expect(planPruning(at(...times), keep).map((file) => file.at)).toEqual(gone);
});
