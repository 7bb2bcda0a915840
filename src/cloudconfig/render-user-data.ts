// SPDX-License-Identifier: Apache-2.0

import { Document, Scalar, visit } from 'yaml';
import type { CloudConfig } from './cloud-config.js';
import { sections } from './sections/index.js';

/** Cloud-config text that `parseUserData` reads as the same config again. Keys have underscores. */
export function renderUserData(config: CloudConfig): string {
  const data = dataOf(config);
  if (Object.keys(data).length === 0) return '#cloud-config\n';
  const document = new Document(data, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, { Scalar: (_, scalar) => pickQuotes(scalar) });
  return `#cloud-config\n${document.toString({ lineWidth: 0, singleQuote: true })}`;
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

/** The config as plain data, with what no section reads at the end. */
function dataOf(config: CloudConfig): Readonly<Record<string, unknown>> {
  const top = new Map<string, unknown>();
  const coreos = new Map<string, unknown>();
  for (const section of sections) {
    const value = section.render(config);
    const name = section.key.at(-1) ?? '';
    if (value !== undefined) (section.key.length > 1 ? coreos : top).set(name, value);
  }
  const { coreos: restCoreos, ...rest } = config.rest;
  const whole = { ...Object.fromEntries(coreos), ...(typeof restCoreos === 'object' ? restCoreos : {}) };
  return {
    ...Object.fromEntries(top),
    ...(Object.keys(whole).length > 0 && { coreos: whole }),
    ...rest,
  };
}
