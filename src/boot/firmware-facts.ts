// SPDX-License-Identifier: Apache-2.0

import type { MachineMarks } from '../model/index.js';
import { fail } from './errors.js';
import { findMac, findUuid, normaliseMarks } from './marks.js';

/** What a machine's firmware says of it, by the names that iPXE's chain script sends. */
export interface FirmwareFacts {
  readonly marks: MachineMarks;
  /** Everything that was sent, marks included; values as they came. */
  readonly said: ReadonlyMap<string, string>;
}

const maxLength = 256;
const maxParameters = 64;

/** What a profile may select by that only the firmware knows. */
export const firmwareLabels = [
  'mac',
  'uuid',
  'serial',
  'arch',
  'platform',
  'asset',
  'manufacturer',
  'product',
] as const;

/**
 * The facts in a request's query. Of a repeated parameter the first counts, as in matchbox; parameters of other
 * names are kept as well, since iPXE may send more than is asked today.
 *
 * @throws `boot/parameter-too-long`, `boot/too-many-parameters`
 */
export function parseFacts(parameters: URLSearchParams): FirmwareFacts {
  const said = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (name.length > maxLength || value.length > maxLength)
      throw fail('boot/parameter-too-long', {
        name: printable(name.slice(0, maxLength)),
        limit: maxLength,
      });
    if (!said.has(name)) said.set(name, value);
    if (said.size > maxParameters) throw fail('boot/too-many-parameters', { limit: maxParameters });
  }
  return { marks: normaliseMarks(Object.fromEntries(said)), said };
}

/** One notation for values that have several: both sides of a comparison go through it. */
export function normaliseLabel(key: string, value: string): string {
  const text = value.trim();
  switch (key) {
    case 'mac':
      return findMac(text) ?? text;
    case 'uuid':
      return findUuid(text) ?? text;
    case 'arch':
      return architectures.get(text.toLowerCase()) ?? text.toLowerCase();
    default:
      return text;
  }
}

/** iPXE's words for what others call otherwise. */
const architectures: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x86_64'],
  ['x86-64', 'x86_64'],
  ['aarch64', 'arm64'],
]);

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
