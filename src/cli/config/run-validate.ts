// SPDX-License-Identifier: Apache-2.0

import { type FileIssue, validateUserData } from '../../cloudconfig/index.js';
import { renderIssue } from '../../model/index.js';
import { type CommandInput, type ExitCode, isSet, textFlag } from '../command.js';
import { gunzip } from '../gunzip.js';
import { printJson } from '../print.js';
import { renderSarif } from './sarif.js';
import { readInput } from './user-data-bytes.js';

/** What is said of all files, in the order in which they were named. */
export async function runConfigValidate({ args, flags }: CommandInput): Promise<ExitCode> {
  const issues: FileIssue[] = [];
  const refused: string[] = [];
  for (const name of args) {
    const bytes = await readInput(name).catch(messageOf);
    const file = name === '-' ? '<stdin>' : name;
    if (typeof bytes === 'string') refused.push(`${file}: cannot be read: ${bytes}\n`);
    else issues.push(...validateUserData(bytes, { gunzip }).issues.map((issue) => ({ file, ...issue })));
  }
  process.stderr.write(refused.join(''));
  printIssues(issues, textFlag(flags, 'output') ?? 'text');
  if (refused.length > 0) return 2;
  const isFailure = ({ severity }: FileIssue) =>
    severity === 'error' || (severity === 'warning' && isSet(flags, 'strict'));
  return issues.some(isFailure) ? 1 : 0;
}

function printIssues(issues: readonly FileIssue[], format: string): void {
  if (format === 'json') printJson(issues);
  else if (format === 'sarif') printJson(renderSarif(issues));
  else process.stdout.write(issues.map((issue) => `${renderIssue(issue.file, issue)}\n`).join(''));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
