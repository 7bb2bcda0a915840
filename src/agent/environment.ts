// SPDX-License-Identifier: Apache-2.0

import { splitWords } from './words.js';

export type Environment = Readonly<Record<string, string>>;

const assignmentPattern = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/;

/** Reads one value of `Environment=`: assignments parted by blanks, each may be quoted. What is none is left out. */
export function parseAssignments(value: string): readonly (readonly [string, string])[] {
  return (splitWords(value) ?? []).flatMap(({ text }) => {
    const found = assignmentPattern.exec(text);
    return found === null ? [] : [[found[1] ?? '', found[2] ?? ''] as const];
  });
}

/**
 * Reads the text of an `EnvironmentFile=`: one `NAME=value` a line, `#` and `;` begin comments, values may be
 * quoted and go on over lines that end in a backslash.
 *
 * Source: systemd.exec(5), "EnvironmentFile=", v257.
 */
export function parseEnvironmentFile(text: string): Environment {
  const found: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const comment = /^[ \t]*(?:[#;][^\n]*)?(?:\n|$)/.exec(rest);
    if (comment !== null && comment[0] !== '') {
      rest = rest.slice(comment[0].length);
      continue;
    }
    const name = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/.exec(rest);
    if (name === null) {
      rest = rest.replace(/^[^\n]*\n?/, '');
      continue;
    }
    const { value, length } = readValue(rest.slice(name[0].length));
    found[name[1] ?? ''] = value;
    rest = rest.slice(name[0].length + length);
  }
  return found;
}

function readValue(text: string): { readonly value: string; readonly length: number } {
  let value = '';
  let blanks = '';
  let quote = '';
  let index = 0;
  for (; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote === '' && character === '\n') break;
    if (character === '\\' && quote !== "'") {
      index += 1;
      const next = text.charAt(index);
      if (next !== '\n') {
        const isKept = quote === '"' && !/["\\`$]/.test(next);
        value += blanks + (isKept ? `\\${next}` : next);
        blanks = '';
      }
    } else if (quote !== '' && character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      value += blanks;
      blanks = '';
    } else if (quote === '' && (character === ' ' || character === '\t' || character === '\r')) {
      blanks += character;
    } else {
      value += blanks + character;
      blanks = '';
    }
  }
  return { value, length: Math.min(index + 1, text.length) };
}
