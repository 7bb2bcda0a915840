// SPDX-License-Identifier: Apache-2.0

/** A word as the splitter found it; `isQuoted` tells `";"` from `;`. */
export interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

const plainEscapes: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
  ['s', ' '],
]);

interface Escape {
  readonly text: string;
  /** Characters of the input it took, the backslash included. */
  readonly length: number;
}

/**
 * Splits a value into words by systemd's quoting rules: blanks part words, single and double quotes hold them
 * together and are removed, C escapes work inside and outside of quotes; an unknown escape stays as it is.
 * `undefined` when a quote is not closed.
 *
 * Source: systemd.syntax(7), "Quoting", v257.
 */
export function splitWords(value: string): readonly Word[] | undefined {
  const words: Word[] = [];
  let current: { text: string; isQuoted: boolean } | undefined;
  let quote = '';
  for (let index = 0; index < value.length; ) {
    const character = value.charAt(index);
    if (character === '\\') {
      const found = readEscape(value, index);
      current = { text: (current?.text ?? '') + found.text, isQuoted: current?.isQuoted ?? quote !== '' };
      index += found.length;
      continue;
    }
    index += 1;
    if (quote === '' && /\s/.test(character)) {
      if (current !== undefined) words.push(current);
      current = undefined;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      current = { text: current?.text ?? '', isQuoted: true };
    } else if (character === quote) {
      quote = '';
    } else {
      current = { text: (current?.text ?? '') + character, isQuoted: current?.isQuoted ?? false };
    }
  }
  if (quote !== '') return undefined;
  if (current !== undefined) words.push(current);
  return words;
}

function readEscape(value: string, index: number): Escape {
  const letter = value.charAt(index + 1);
  const plain = plainEscapes.get(letter);
  if (plain !== undefined) return { text: plain, length: 2 };
  const numeric = numericEscape(value.slice(index + 1, index + 10));
  if (numeric !== undefined) return { text: numeric.text, length: numeric.length + 1 };
  return { text: value.slice(index, index + 2), length: letter === '' ? 1 : 2 };
}

function numericEscape(rest: string): Escape | undefined {
  const found =
    /^x([0-9a-fA-F]{2})/.exec(rest) ?? /^u([0-9a-fA-F]{4})/.exec(rest) ?? /^U([0-9a-fA-F]{8})/.exec(rest);
  const digits = found?.[1] ?? /^[0-3][0-7]{2}/.exec(rest)?.[0];
  if (digits === undefined) return undefined;
  const point = Number.parseInt(digits, found === null ? 8 : 16);
  if (point === 0 || point > 0x10ffff) return undefined;
  return { text: String.fromCodePoint(point), length: found?.[0].length ?? 3 };
}
