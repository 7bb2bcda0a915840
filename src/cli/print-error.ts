// SPDX-License-Identifier: Apache-2.0

import { styleText } from 'node:util';
import { isMusterError } from '../model/index.js';
import type { ExitCode } from './command.js';
import { fail } from './errors.js';

/** Prints what went wrong and what to do next; returns the exit code. A defect of muster shows its stack. */
export function printError(error: unknown, signal: AbortSignal): ExitCode {
  if (signal.aborted) {
    process.stderr.write('interrupted\n');
    return 130;
  }
  const known = explainSystemError(error) ?? error;
  if (isMusterError(known)) {
    process.stderr.write(`${red('error:')} ${known.message} [${known.code}]\n  ${known.next}\n`);
    return known.code === 'cli/usage' ? 2 : 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${red('error:')} ${text}\n`);
  return 1;
}

const systemErrors: Readonly<Record<string, readonly [why: string, next: string]>> = {
  EACCES: ['this user may not', 'run it as the user whose file it is, or change its permissions'],
  EPERM: ['this user may not', 'run it as the user whose file it is, or change its permissions'],
  EROFS: ['the disk is read-only', 'use a folder on a disk that can be written'],
  EISDIR: ['it is a folder', 'name a file'],
  ENOTDIR: ['a part of its path is no folder', 'mend the path'],
  ENOENT: ['it is not there', 'look at its path'],
  EMFILE: ['too many files are open', 'raise the limit (`ulimit -n`)'],
};

/** What the system said of a file, as an error with a next step; `undefined` for anything else. */
function explainSystemError(error: unknown): Error | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  const path = 'path' in error ? String(error.path) : 'a file';
  if (error.code === 'ENOSPC') return fail('cli/disk-full', { what: path }, error);
  const [why, next] = systemErrors[String(error.code)] ?? [];
  return why === undefined || next === undefined
    ? undefined
    : fail('cli/file-refused', { path, why, next }, error);
}

function red(text: string): string {
  return process.stderr.isTTY ? styleText('red', text) : text;
}
