// SPDX-License-Identifier: Apache-2.0

export type ByteRange =
  | { readonly kind: 'whole' }
  /** `end` is the byte behind the last one. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unfit' };

/**
 * What a `Range` header asks for of so many bytes. Several ranges at once, other units and what cannot be read ask for
 * the whole, as the standard lets a server do.
 *
 * Source: RFC 9110, section 14
 */
export function parseRange(header: string | null, sizeBytes: number): ByteRange {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? { kind: 'unfit' } : { kind: 'part', start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) return { kind: 'whole' };
  return start >= sizeBytes ? { kind: 'unfit' } : { kind: 'part', start, end };
}
