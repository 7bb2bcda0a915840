// SPDX-License-Identifier: Apache-2.0

import type { ErrorCode } from 'yaml';

/** What to do about a syntax error; the library's own messages say only what it met. */
export function hintForSyntax(code: ErrorCode): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'indent with blanks, not with tabs';
    case 'BAD_INDENT':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'keys of one mapping begin in the same column; quotes and brackets must be closed';
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
      return 'look for a missing colon, quote or bracket here or just above';
    case 'BAD_DQ_ESCAPE':
      return 'write the backslash twice, or use single quotes';
    case 'BAD_SCALAR_START':
      return 'put the value in quotes';
    default:
      return 'check indentation, colons and quotes here and on the line above';
  }
}
