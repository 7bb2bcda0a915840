// SPDX-License-Identifier: Apache-2.0

/** A backup, as its name tells of it. */
export interface BackupFile {
  readonly name: string;
  /** When it was begun, milliseconds since 1970. */
  readonly at: number;
  readonly revision: number;
}

const pattern = /^(\d{4}-\d{2}-\d{2})T(\d{2})(\d{2})(\d{2}\.\d{3})Z-(\d+)\.db$/;

/** Nothing: it is none of muster's, and muster neither counts nor removes it. */
export function findBackup(name: string): BackupFile | undefined {
  const [, day, hour, minute, second, revision] = pattern.exec(name) ?? [];
  const at = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : { name, at, revision: Number(revision) };
}

/** Newest first. */
export function sortBackups(files: readonly BackupFile[]): readonly BackupFile[] {
  return [...files].sort((left, right) => right.at - left.at || (left.name < right.name ? 1 : -1));
}

/**
 * When the next backup is due, milliseconds since 1970; a time that has passed: at once, as after a while in which nobody
 * took any. Backups from the future are a clock's error and put nothing off.
 */
export function dueAt(files: readonly BackupFile[], everyMs: number, now: number): number {
  const last = sortBackups(files.filter(({ at }) => at <= now))[0];
  return last === undefined ? now : last.at + everyMs;
}

/** Those that are too many, oldest first. */
export function planPruning(files: readonly BackupFile[], keep: number): readonly BackupFile[] {
  return [...sortBackups(files).slice(Math.max(1, keep))].reverse();
}
