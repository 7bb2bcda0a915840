// SPDX-License-Identifier: Apache-2.0

/** What the first bytes of a connection call for. */
export type ConnectionStart =
  /** They do not tell yet. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'http1' }
  /** HTTP/2 from a client that says no more before it has seen SETTINGS: send `greeting`. */
  | { readonly kind: 'greet' }
  /** HTTP/2; `bytes` is what its server is to read first. */
  | { readonly kind: 'http2'; readonly bytes: Buffer };

/** An empty SETTINGS frame. Its acknowledgement is taken out again, as the server did not send it. */
export const greeting: Uint8Array = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0);

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly at: number;
  readonly end: number;
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const frameHeadBytes = 9;
const largestFrameBytes = 16_384;
const [headersType, priorityType, settingsType, windowType] = [1, 2, 4, 8];
const quietTypes: readonly number[] = [priorityType, settingsType, windowType];

/**
 * Tells HTTP/1.1 from HTTP/2, and for HTTP/2 looks as far as the first request, to mend its `:authority`:
 * etcdctl 3.4 sends its whole endpoint there (`http://127.0.0.1:2379`) in `endpoint status` and the like, a Go
 * server takes it, and nghttp2, below node:http2, refuses the stream for the slashes. They become dots.
 *
 * @param isGreeted whether `greeting` was sent @param isLate whether to wait no longer
 */
export function readStart(seen: Buffer, isGreeted: boolean, isLate: boolean): ConnectionStart {
  const known = seen.subarray(0, preface.length);
  if (!known.equals(preface.subarray(0, known.length))) return { kind: 'http1' };
  if (known.length < preface.length) return { kind: 'unknown' };
  const { frames, rest } = framesOf(seen);
  const acknowledgement = frames.find(({ type, flags }) => type === settingsType && (flags & 1) === 1);
  // Without its acknowledgement taken out, the greeting would be an error to the server.
  if (isGreeted && acknowledgement === undefined) return { kind: 'unknown' };
  const request = frames.find(({ type }) => type === headersType);
  if (request !== undefined || isLate || rest === 'odd' || frames.some(isLoud)) {
    const mended = request === undefined ? seen : mendAuthority(seen, request);
    return { kind: 'http2', bytes: isGreeted ? without(mended, acknowledgement) : mended };
  }
  const isWaiting = rest === 'none' && frames.some(({ type }) => type === settingsType);
  return { kind: isWaiting && !isGreeted ? 'greet' : 'unknown' };
}

/** Asks for an answer, which only the server can give. */
function isLoud({ type }: Frame): boolean {
  return type !== headersType && !quietTypes.includes(type);
}

/** Whole frames, and what comes after them: nothing, a part of one, or what no client may send. */
function framesOf(seen: Buffer): { frames: readonly Frame[]; rest: 'none' | 'part' | 'odd' } {
  const frames: Frame[] = [];
  let at = preface.length;
  while (at + frameHeadBytes <= seen.length) {
    const sizeBytes = seen.readUIntBE(at, 3);
    if (sizeBytes > largestFrameBytes) return { frames, rest: 'odd' };
    const end = at + frameHeadBytes + sizeBytes;
    if (end > seen.length) return { frames, rest: 'part' };
    frames.push({ type: seen.readUInt8(at + 3), flags: seen.readUInt8(at + 4), at, end });
    at = end;
  }
  return { frames, rest: at === seen.length ? 'none' : 'part' };
}

function without(seen: Buffer, frame: Frame | undefined): Buffer {
  if (frame === undefined) return seen;
  return Buffer.concat([seen.subarray(0, frame.at), seen.subarray(frame.end)]);
}

// `http://` and what replaces it, of the same length: as text, and in the Huffman code of RFC 7541, appendix B,
// where it takes 41 bits: five bytes and the first bit of the sixth.
const plainSlashes = Buffer.from('http://', 'latin1');
const plainDots = Buffer.from('http:..', 'latin1');
const codedSlashes = Buffer.from('9d29aee30c', 'hex');
const codedDots = Buffer.from('9d29aee2eb', 'hex');

function mendAuthority(seen: Buffer, frame: Frame): Buffer {
  const value = findAuthority(seen.subarray(0, frame.end), frame);
  if (value === undefined) return seen;
  const mended = Buffer.from(seen);
  if (!value.isCoded && startsWith(seen, value.at, plainSlashes)) plainDots.copy(mended, value.at);
  const sixth = value.at + codedSlashes.length;
  const isCodedUrl =
    value.isCoded && startsWith(seen, value.at, codedSlashes) && (mended[sixth] ?? 0x80) < 0x80;
  if (isCodedUrl) {
    codedDots.copy(mended, value.at);
    mended[sixth] = (mended[sixth] ?? 0) | 0x80;
  }
  return mended;
}

function startsWith(seen: Buffer, at: number, text: Buffer): boolean {
  return seen.subarray(at, at + text.length).equals(text);
}

/** Walks the header block (RFC 7541, section 6) to a literal value of `:authority`, which has index 1. */
function findAuthority(block: Buffer, frame: Frame): { at: number; isCoded: boolean } | undefined {
  const isPadded = (frame.flags & 0x08) !== 0;
  const hasPriority = (frame.flags & 0x20) !== 0;
  let at = frame.at + frameHeadBytes + (isPadded ? 1 : 0) + (hasPriority ? 5 : 0);
  while (at < block.length) {
    const first = block.readUInt8(at);
    const isIndexed = first >= 0x80;
    const isResize = !isIndexed && (first & 0xe0) === 0x20;
    const name = readInteger(block, at, isIndexed ? 7 : (first & 0x40) !== 0 ? 6 : isResize ? 5 : 4);
    at = name.end;
    if (isIndexed || isResize) continue;
    if (name.value === 0) at = readString(block, at).end;
    if (at >= block.length) return undefined;
    const value = readString(block, at);
    if (name.value === 1) return { at: value.at, isCoded: value.isCoded };
    at = value.end;
  }
  return undefined;
}

function readString(block: Buffer, at: number): { at: number; end: number; isCoded: boolean } {
  const size = readInteger(block, at, 7);
  return { at: size.end, end: size.end + size.value, isCoded: ((block[at] ?? 0) & 0x80) !== 0 };
}

/** An integer with a prefix of some bits (RFC 7541, section 5.1); a broken one ends beyond the block. */
function readInteger(block: Buffer, at: number, prefixBits: number): { value: number; end: number } {
  const most = 2 ** prefixBits - 1;
  let value = (block[at] ?? 0) & most;
  if (value < most) return { value, end: at + 1 };
  for (let index = at + 1, factor = 1; index < block.length && factor < 2 ** 28; index += 1, factor *= 128) {
    const byte = block[index] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end: index + 1 };
  }
  return { value, end: block.length };
}
