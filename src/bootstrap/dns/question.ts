// SPDX-License-Identifier: Apache-2.0

import { decode } from 'dns-packet';

/** A query as far as it is understood. */
export interface DnsQuery {
  readonly id: number;
  /** 0 is a standard query. */
  readonly opcode: number;
  /** RD and CD, which an answer repeats. */
  readonly flags: number;
  /** Lower case, without the dot at the end; what no host name has in it is written `\DDD`. The root is empty. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question as it came, case included. */
  readonly question: Uint8Array;
  /** What the asker can take over UDP, and more, when it speaks EDNS. */
  readonly edns: Edns | undefined;
}

export interface Edns {
  readonly version: number;
  readonly payloadBytes: number;
  readonly isDnssecOk: boolean;
}

export const headerBytes = 12;
const maxNameBytes = 255;
const repeatedFlags = 0x0110;

/**
 * Reads a query. `undefined` for everything that deserves no answer: an answer itself, above all, so that two servers can
 * never keep each other busy, and what is malformed. A query has one question and no answer in it.
 */
export function parseQuery(message: Uint8Array): DnsQuery | undefined {
  if (message.length < headerBytes) return undefined;
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  const bits = bytes.readUInt16BE(2);
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  if (bits >= 0x8000 || questions !== 1 || answers !== 0) return undefined;
  // Enough for OPT and a signature; what has more than a query can have is not worth the time to read it.
  if ((authorities ?? 0) > 1 || (additionals ?? 0) > 4) return undefined;
  const question = findQuestion(bytes);
  if (question === undefined) return undefined;
  const edns = additionals === 0 ? 'none' : readEdns(bytes);
  if (edns === 'malformed') return undefined;
  return {
    id: bytes.readUInt16BE(0),
    opcode: (bits >> 11) & 0xf,
    flags: bits & repeatedFlags,
    ...question,
    edns: edns === 'none' ? undefined : edns,
  };
}

/** The first question follows the header, so a pointer to an earlier name has nothing to point at. */
function findQuestion(bytes: Buffer): Pick<DnsQuery, 'name' | 'type' | 'class' | 'question'> | undefined {
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63 || at - headerBytes >= maxNameBytes) return undefined;
    at += 1;
    if (length === 0) break;
    if (at + length > bytes.length) return undefined;
    labels.push(textOf(bytes.subarray(at, at + length)));
    at += length;
  }
  if (at + 4 > bytes.length || at - headerBytes > maxNameBytes) return undefined;
  return {
    name: labels.join('.'),
    type: bytes.readUInt16BE(at),
    class: bytes.readUInt16BE(at + 2),
    question: bytes.subarray(headerBytes, at + 4),
  };
}

/** A dot inside a label is no border between two, so it must not look like one. */
function textOf(label: Uint8Array): string {
  return Array.from(label, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_-]/.test(character) ? character.toLowerCase() : `\\${String(byte).padStart(3, '0')}`;
  }).join('');
}

function readEdns(bytes: Buffer): Edns | 'none' | 'malformed' {
  try {
    const found = (decode(bytes).additionals ?? []).flatMap((record) =>
      record.type === 'OPT' ? [record] : [],
    );
    const [opt] = found;
    if (opt === undefined) return 'none';
    if (found.length > 1) return 'malformed';
    return {
      version: opt.ednsVersion,
      payloadBytes: opt.udpPayloadSize,
      isDnssecOk: opt.flag_do,
    };
  } catch {
    return 'malformed';
  }
}
