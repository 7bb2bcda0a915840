// SPDX-License-Identifier: Apache-2.0

import type { z } from 'zod';
import { quoteValue } from './data-path.js';

/** The message of a schema's problem, where the schema itself has none: lower case, with the actual value. */
export function wordIssue(issue: z.core.$ZodRawIssue): string {
  const actual = quoteValue(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return `${nounOf(issue.expected)} is expected here, not ${actual}`;
    case 'invalid_value':
      return `${actual} is none of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `unknown keys: ${issue.keys.join(', ')}`;
    case 'too_small':
      return isCounted(issue.origin)
        ? `at least ${issue.minimum} of them must be here`
        : `${actual} is less than ${issue.minimum}`;
    case 'too_big':
      return isCounted(issue.origin)
        ? `at most ${issue.maximum} of them may be here`
        : `${actual} is more than ${issue.maximum}`;
    case 'invalid_union':
      return `${actual} is not allowed here`;
    default:
      return `${actual} is not right here`;
  }
}

/** A schema's type as an operator would call it. */
export function nounOf(expected: string): string {
  const nouns = new Map([
    ['string', 'text'],
    ['number', 'a number'],
    ['int', 'a whole number'],
    ['boolean', 'true or false'],
    ['array', 'a list'],
    ['object', 'a mapping'],
    ['record', 'a mapping'],
  ]);
  return nouns.get(expected) ?? expected;
}

function isCounted(origin: string): boolean {
  return origin === 'array' || origin === 'set' || origin === 'map';
}
