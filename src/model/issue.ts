// SPDX-License-Identifier: Apache-2.0

/** One problem in a text that an operator edits. All problems of a text are reported at once. */
export interface Issue {
  readonly severity: 'error' | 'warning' | 'info';
  /** What kind of problem it is, for programs: `unknown-key`. */
  readonly rule?: string;
  /** Where in the document: `machines[1].mac`; empty for the whole. */
  readonly path: string;
  /** 1-based; of the first character that is wrong. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What would be right. */
  readonly hint: string;
}

/** `file:line:column: severity: message (path)` and the hint below it, as compilers print it. */
export function renderIssue(file: string, issue: Issue): string {
  const where = issue.path === '' ? '' : ` (${issue.path})`;
  const hint = issue.hint === '' ? '' : `\n    ${issue.hint}`;
  return `${file}:${issue.line}:${issue.column}: ${issue.severity}: ${issue.message}${where}${hint}`;
}
