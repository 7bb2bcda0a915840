// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue } from './data-path.js';

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** One label of a DNS name, as it is: lower-case letters, digits and dashes, 1 to 63. */
export function findDnsLabel(text: string): string | undefined {
  return label.test(text) ? text : undefined;
}

/** A DNS name without a dot at its end, up to 253 characters, lower case. */
export function findDnsName(text: string): string | undefined {
  return text.length <= 253 && text.split('.').every((part) => label.test(part)) ? text : undefined;
}

/**
 * A MAC address in any usual notation (`52:54:00:aa:00:01`, `52-54-00-AA-00-01`, `5254.00aa.0001`,
 * `525400aa0001`), as lower case with colons. Group addresses and all zeros name no machine: `undefined`.
 */
export function findMac(text: string): string | undefined {
  const isMac = [
    /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2})$/i,
    /^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i,
    /^[0-9a-f]{12}$/i,
  ];
  if (!isMac.some((pattern) => pattern.test(text))) return undefined;
  const digits = text.toLowerCase().replace(/[^0-9a-f]/g, '');
  const isGroup = (Number.parseInt(digits.slice(0, 2), 16) & 1) === 1;
  return isGroup || /^0+$/.test(digits) ? undefined : (digits.match(/../g) ?? []).join(':');
}

/** A UUID, with or without its dashes, as lower case with dashes. All zeros and all ones name no machine. */
export function findUuid(text: string): string | undefined {
  if (!/^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i.test(text)) return undefined;
  const digits = text.toLowerCase().replaceAll('-', '');
  if (/^(0+|f+)$/.test(digits)) return undefined;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Four decimal numbers without leading zeros, which some programs read as octal. */
export function findIpv4(text: string): string | undefined {
  const octet = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
  return new RegExp(`^${octet}(\\.${octet}){3}$`).test(text) ? text : undefined;
}

/** An IPv6 address without zone and brackets, in its shortest form. */
export function findIpv6(text: string): string | undefined {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(':')) return undefined;
  const url = `http://[${text}]`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

/** An address of either family. */
export function findIp(text: string): string | undefined {
  return findIpv4(text) ?? findIpv6(text);
}

/** `10s`, `1m30s`, `1h`, `1500ms` or a plain number of seconds, in whole seconds. */
export function findSeconds(text: string): number | undefined {
  if (/^[0-9]+$/.test(text)) return Number(text);
  if (!/^([0-9]+(ms|s|m|h))+$/.test(text)) return undefined;
  const factors = new Map([
    ['ms', 0.001],
    ['s', 1],
    ['m', 60],
    ['h', 3600],
  ]);
  const parts = [...text.matchAll(/([0-9]+)(ms|s|m|h)/g)];
  const seconds = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (factors.get(unit ?? '') ?? 0),
    0,
  );
  return Number.isInteger(seconds) ? seconds : undefined;
}

/** Text that `find` knows how to read; the problem otherwise is `"x" is not <noun>`. */
export function textOf<T>(noun: string, find: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const found = find(text);
    if (found !== undefined) return found;
    context.issues.push({ code: 'custom', input: text, message: `${quoteValue(text)} is not ${noun}` });
    return z.NEVER;
  });
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  const error = (issue: { readonly input?: unknown }) =>
    `${quoteValue(issue.input)} is not a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}
