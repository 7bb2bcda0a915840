// SPDX-License-Identifier: Apache-2.0

import type { JsonNode } from './json-reader.js';

/** Of a string of base64, in the alphabet for URLs when it has a letter of that, padded or not. */
export function bytesOf(node: JsonNode): Uint8Array | undefined {
  if (node.kind !== 'string') return undefined;
  const isForUrls = /[-_]/.test(node.value);
  const isPadded = node.value.length % 4 === 0;
  const letters = node.value.replace(/[\r\n]/g, '');
  const content = isPadded ? letters.replace(/={1,2}$/, '') : letters;
  const isSound = !(isForUrls ? /[^A-Za-z0-9_-]/ : /[^A-Za-z0-9+/]/).test(content);
  // Five bits more than whole bytes would be a letter too many; padding fills the last four.
  const fits = content.length % 4 !== 1 && (!isPadded || letters.length % 4 === 0);
  return isSound && fits ? Buffer.from(content, isForUrls ? 'base64url' : 'base64') : undefined;
}

const bounds = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

/** Of a number, or of a string that holds one; `1.0` and `10e-1` are integers too. */
export function integerOf(node: JsonNode, kind: keyof typeof bounds): bigint | undefined {
  if (node.kind !== 'number' && node.kind !== 'string') return undefined;
  const found = wholeOf(node.kind === 'number' ? node.raw : node.value);
  const [least, most] = bounds[kind];
  return found !== undefined && found >= least && found <= most ? found : undefined;
}

const mostDigits = 20;

function wholeOf(text: string): bigint | undefined {
  const parts = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = (whole + fraction).replace(/^0+/, '');
  const places = digits.length - fraction.length + Number(exponent);
  if (digits === '') return 0n;
  // No integer of 64 bits has more digits, and reading a million of them takes a second.
  if (places <= 0 || places > mostDigits) return undefined;
  const rest = digits.slice(places);
  return /^0*$/.test(rest) ? BigInt(`${sign}${digits.slice(0, places).padEnd(places, '0')}`) : undefined;
}
