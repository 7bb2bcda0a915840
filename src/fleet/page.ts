// SPDX-License-Identifier: Apache-2.0

/** What fleet calls `token_limit`; clients send it back in their tokens. */
export const pageSize = 100;

/**
 * The page that a query asks for, from 1; a text says why it asks for none.
 *
 * Source: coreos/fleet api/pagination.go: base64url of two 16-bit numbers, low byte first: limit and page.
 */
export function parsePage(query: URLSearchParams): number | string {
  const tokens = query.getAll('nextPageToken');
  const [token] = tokens;
  if (token === undefined) return 1;
  if (tokens.length > 1) return 'too many values for page token';
  const bytes = Buffer.from(token, 'base64url');
  if (!/^[A-Za-z0-9_-]{6}==$/.test(token) || bytes.length !== 4) return `"${token}" is no page token`;
  if (bytes.readUInt16LE(0) !== pageSize) return `token limit must be ${pageSize}`;
  const page = bytes.readUInt16LE(2);
  return page === 0 ? 'token page must be greater than zero' : page;
}

/** One page of a list, and the token of the next; empty: it is the last. */
export function pageOf<T>(
  all: readonly T[],
  page: number,
): { readonly items: readonly T[]; readonly nextPageToken: string } {
  const end = page * pageSize;
  return {
    items: all.slice(end - pageSize, end),
    nextPageToken: end < all.length ? renderToken(page + 1) : '',
  };
}

function renderToken(page: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(pageSize, 0);
  bytes.writeUInt16LE(page, 2);
  return bytes.toString('base64url').padEnd(8, '=');
}
