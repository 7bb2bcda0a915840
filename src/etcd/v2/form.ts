// SPDX-License-Identifier: Apache-2.0

import { type Refusal, refused } from './failure.js';

/** The first value of each field. */
export type Form = ReadonlyMap<string, string>;

/**
 * Reads a query or a form body as Go does it, refusals included (net/url, Go 1.19): a broken escape or a
 * semicolon spoils the whole.
 */
export function parseForm(text: string): Form | Refusal {
  const form = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair.includes(';')) return refused(210, 'invalid semicolon separator in query');
    if (pair === '') continue;
    const [name = '', ...rest] = pair.split('=');
    for (const part of [name, rest.join('=')]) {
      const broken = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(part);
      if (broken !== null) return refused(210, `invalid URL escape "${broken[0]}"`);
    }
    const key = unescapeField(name);
    if (!form.has(key)) form.set(key, unescapeField(rest.join('=')));
  }
  return form;
}

function unescapeField(text: string): string {
  return unescapePath(text.replaceAll('+', ' '));
}

/** Undoes %XX; what is no UTF-8 then becomes U+FFFD. Broken escapes stay. */
export function unescapePath(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = text.replace(/(%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
  return bytes;
}
