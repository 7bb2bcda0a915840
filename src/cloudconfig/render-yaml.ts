// SPDX-License-Identifier: Apache-2.0

import { Document, isScalar, Scalar, visit } from 'yaml';

/** Whole numbers below keys of this name are permissions. */
const octalKey = 'mode';

/** Plain data as YAML that people read: text of several lines in blocks, permissions in octal. */
export function renderYaml(data: Readonly<Record<string, unknown>>): string {
  const document = new Document(data, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, scalar) => pickQuotes(scalar),
    Pair: (_, { key, value }) => {
      const isMode =
        isScalar(key) && key.value === octalKey && isScalar(value) && typeof value.value === 'number';
      if (isMode) value.format = 'OCT';
    },
  });
  return document.toString({ lineWidth: 0, singleQuote: true });
}

/**
 * Picks quotes where the library's choice would not do. What a variable becomes is not known yet: in quotes it stays
 * text, whatever it is. Lines of blanks, and other rare characters, do not survive a block.
 */
function pickQuotes(scalar: Scalar): void {
  const { value } = scalar;
  if (typeof value !== 'string') return;
  if (/^[\x20-\x7e]*\$[\x20-\x7e]*$/.test(value)) scalar.type = Scalar.QUOTE_SINGLE;
  else if (value.includes('\n') && !isPlainBlock(value)) scalar.type = Scalar.QUOTE_DOUBLE;
}

/** Lines that begin and end as they are, the first without an indent, one line end after the last. */
function isPlainBlock(text: string): boolean {
  return /^[^\s\p{C}].*[^\n]\n?$/su.test(text) && !/[^\P{C}\n\t]|[ \t]+$/mu.test(text);
}
