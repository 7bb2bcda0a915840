// SPDX-License-Identifier: Apache-2.0

const form = /^data:([^,]*),(.*)$/s;

/** The bytes of a `data:` URL; `undefined` when it is none, or none that can be decoded. Source: RFC 2397. */
export function decodeDataUrl(url: string): Uint8Array | undefined {
  const [, type, body] = form.exec(url) ?? [];
  if (type === undefined || body === undefined) return undefined;
  if (type.split(';').slice(1).includes('base64')) return decodeBase64(body);
  if (/%(?![0-9a-f]{2})/i.test(body)) return undefined;
  const bytes = body.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return /[^\0-\xff]/.test(bytes) ? undefined : Buffer.from(bytes, 'latin1');
}

/** Bytes as a `data:` URL: percent-encoded where that is shorter, which text can be read through, else as base64. */
export function encodeDataUrl(bytes: Uint8Array): string {
  const packed = `data:;base64,${Buffer.from(bytes).toString('base64')}`;
  const text = textOfBytes(bytes);
  if (text === undefined) return packed;
  const plain = `data:,${encodeURIComponent(text)}`;
  return plain.length <= packed.length ? plain : packed;
}

/** The text that these bytes are in UTF-8, without a byte order mark lost on the way; `undefined` when they are none. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Strict: no blanks, padded. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : undefined;
}
