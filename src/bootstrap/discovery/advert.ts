// SPDX-License-Identifier: Apache-2.0

/** What a member says of itself. */
export interface Advert {
  readonly name: string;
  /** 1 or more, with scheme and port. */
  readonly peerUrls: readonly string[];
}

/** Names and URLs of a member are short; a longer text is none of theirs. */
const maxLength = 2_048;

/**
 * Reads `name=url`, or `name=url1,name=url2`. `undefined` for what would end the start of every member that read
 * it: no name or two, a URL that is not http(s) or has no host, a port that is missing, anything beyond.
 */
export function findAdvert(text: string): Advert | undefined {
  if (text.length > maxLength) return undefined;
  const parts = text.split(',').map((part) => /^([^=\s]+)=(\S+)$/.exec(part));
  const name = parts[0]?.[1];
  const peerUrls = parts.map((part) => (part?.[1] === name ? (part?.[2] ?? '') : ''));
  if (name === undefined || !peerUrls.every(isPeerUrl)) return undefined;
  return { name, peerUrls };
}

/** As etcd checks them: scheme, host and port, and no path. */
function isPeerUrl(text: string): boolean {
  return /^https?:\/\/(\[[0-9a-fA-F:.]+(%25[\w.]+)?\]|[^/:?#@[\]\s]+):\d{1,5}$/.test(text);
}
