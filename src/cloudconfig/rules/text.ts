// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../../model/index.js';
import { quoteValue } from '../../spec/index.js';
import { placeAt } from '../decode-user-data.js';

const braced = /(?<!\\)\$\{((?:private|public)_ipv[46]|muster_(?:name|hostname|machine_id))\}/g;
const longer = /(?<!\\)\$((?:private|public)_ipv[46])[A-Za-z0-9_]+/g;

/** More of them help nobody. */
const most = 100;

/** Variables that look as if they were replaced, and are not, or not as they look. In user-data of any kind. */
export function checkVariables(text: string): readonly Issue[] {
  if (!text.includes('$')) return [];
  const inBraces = [...text.matchAll(braced)].map(({ 0: found, 1: name, index }) => ({
    index,
    message: `${quoteValue(found)} is not replaced`,
    hint: `write $${name}, without braces`,
  }));
  const withTail = [...text.matchAll(longer)].map(({ 0: found, 1: name, index }) => ({
    index,
    message: `the $${name} in ${quoteValue(found)} is replaced, and what follows it stays`,
    hint: `put something between that is neither a letter, a digit nor "_", if another variable was meant`,
  }));
  return [...inBraces, ...withTail].slice(0, most).map(({ index, message, hint }) => ({
    ...{ severity: 'warning', rule: 'variable', path: '', message, hint },
    ...placeAt(text, index),
  }));
}

/** A private key that stands in a script. */
export function checkScript(text: string): readonly Issue[] {
  const first = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n'));
  const found: Issue[] = [];
  const at = text.search(/-----BEGIN [A-Z ]*PRIVATE KEY-----/);
  if (first.endsWith('\r'))
    found.push({
      ...{ severity: 'error', rule: 'script', path: '', line: 1, column: first.length },
      message: 'the first line ends in a carriage return, which becomes part of the name of the program',
      hint: 'save the script with line ends of Unix',
    });
  if (at >= 0)
    found.push({
      ...{ severity: 'warning', rule: 'secret', path: '', ...placeAt(text, at) },
      message: 'a private key is in clear',
      hint: 'whoever asks for this file gets it: fetch the key on the machine',
    });
  return found;
}
