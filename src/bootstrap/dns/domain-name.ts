// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const maxLength = 253;

/** A name as the zone keeps it: lower case, no dot at the end. `undefined` when it is none that a host could have. */
export function findDomainName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  const isGood = name.length <= maxLength && name.split('.').every((part) => label.test(part));
  return isGood ? name : undefined;
}

/** As `findDomainName`. @throws `bootstrap/bad-domain` */
export function parseDomainName(text: string): string {
  const name = findDomainName(text);
  if (name === undefined) throw fail('bootstrap/bad-domain', { domain: text });
  return name;
}

/** Whether a name is `domain` itself or below it. */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
