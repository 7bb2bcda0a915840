// SPDX-License-Identifier: Apache-2.0

import { type Answer, encode } from 'dns-packet';
import { isWithin } from './domain-name.js';
import { type DnsQuery, headerBytes, parseQuery } from './question.js';
import type { SrvZone, ZoneRecord } from './srv-zone.js';

export type DnsTransport = 'udp' | 'tcp';

const types: Readonly<Record<ZoneRecord['type'], number>> = { A: 1, NS: 2, SOA: 6, AAAA: 28, SRV: 33 };
const anyType = 255;
/** OPT, and those that name transfers and other things that are no records. */
const isMetaType = (type: number) => type === 41 || (type >= 128 && type <= 254);
const internet = 1;
const anyClass = 255;

const rcode = { done: 0, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5 } as const;
/** The upper bits of 16, "bad version", which OPT carries. */
const badVersion = 1;

const bits = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200 } as const;
/** Without EDNS, by RFC 1035. */
const plainUdpBytes = 512;
/** What goes through any network in one piece. */
const largestUdpBytes = 1_232;
const largestBytes = 65_535;

interface Reply {
  readonly rcode: number;
  readonly extendedRcode: number;
  readonly isAuthoritative: boolean;
  readonly answers: readonly ZoneRecord[];
  readonly authorities: readonly ZoneRecord[];
  /** Left out first when there is no room. */
  readonly additionals: readonly ZoneRecord[];
}

const empty: Reply = {
  rcode: rcode.done,
  extendedRcode: 0,
  isAuthoritative: false,
  answers: [],
  authorities: [],
  additionals: [],
};

/**
 * Answers one DNS message; `undefined` means silence, which answers and malformed messages get. The answer is never
 * larger than the transport and the asker can take: over UDP it says so (TC) and the asker comes back over TCP.
 * Without a zone, of which nothing is known yet, every query fails for now.
 */
export function answerQuery(
  zone: SrvZone | undefined,
  message: Uint8Array,
  transport: DnsTransport,
): Uint8Array | undefined {
  const query = parseQuery(message);
  if (query === undefined) return undefined;
  return encodeReply(query, replyTo(zone, query), limitOf(query, transport));
}

function limitOf({ edns }: DnsQuery, transport: DnsTransport): number {
  if (transport === 'tcp') return largestBytes;
  if (edns === undefined) return plainUdpBytes;
  return Math.min(Math.max(edns.payloadBytes, plainUdpBytes), largestUdpBytes);
}

function replyTo(zone: SrvZone | undefined, query: DnsQuery): Reply {
  if (query.edns !== undefined && query.edns.version !== 0) return { ...empty, extendedRcode: badVersion };
  if (query.opcode !== 0) return { ...empty, rcode: rcode.notImplemented };
  if (zone === undefined) return { ...empty, rcode: rcode.serverFailure };
  const isOurs = isWithin(query.name, zone.domain) && (query.class === internet || query.class === anyClass);
  if (!isOurs || isMetaType(query.type)) return { ...empty, rcode: rcode.refused };
  const here = zone.records.filter(({ name }) => name === query.name);
  const answers = here.filter(({ type }) => types[type] === wantedType(query.type, here));
  const found: Reply = { ...empty, isAuthoritative: true, answers, additionals: addressesFor(zone, answers) };
  if (answers.length > 0) return found;
  // A name with something below it exists, though it has no record of its own.
  const exists = here.length > 0 || zone.records.some(({ name }) => isWithin(name, query.name));
  const soa = zone.records.filter(({ type }) => type === 'SOA');
  return { ...found, rcode: exists ? rcode.done : rcode.nameError, authorities: soa };
}

/** "Any" gets one kind of what is there, which is enough by RFC 8482 and no gift to those who forge senders. */
function wantedType(asked: number, here: readonly ZoneRecord[]): number {
  const [first] = here;
  return asked === anyType && first !== undefined ? types[first.type] : asked;
}

/** The addresses that the asker would ask for next. */
function addressesFor(zone: SrvZone, answers: readonly ZoneRecord[]): readonly ZoneRecord[] {
  const targets = new Set(
    answers.flatMap((record) => {
      if (record.type === 'SRV') return [record.data.target];
      return record.type === 'NS' ? [record.data] : [];
    }),
  );
  return zone.records.filter(({ name, type }) => targets.has(name) && (type === 'A' || type === 'AAAA'));
}

function encodeReply(query: DnsQuery, reply: Reply, limit: number): Uint8Array {
  const opt = query.edns === undefined ? [] : [encodeOpt(query.edns.isDnssecOk, reply.extendedRcode)];
  const [answers, authorities, additionals] = [reply.answers, reply.authorities, reply.additionals].map(
    (list) => list.map((record) => encodeRecord(record, query.name)),
  );
  const whole = { answers: answers ?? [], authorities: authorities ?? [] };
  const attempts = [
    { ...whole, additionals: [...(additionals ?? []), ...opt], isTruncated: false },
    { ...whole, additionals: opt, isTruncated: false },
  ];
  const fitting = attempts.find(
    (attempt) => sizeOf(query, [...attempt.answers, ...attempt.authorities, ...attempt.additionals]) <= limit,
  );
  const last = { answers: [], authorities: [], additionals: opt, isTruncated: true };
  return assemble(query, reply, fitting ?? last);
}

interface Sections {
  readonly answers: readonly Uint8Array[];
  readonly authorities: readonly Uint8Array[];
  readonly additionals: readonly Uint8Array[];
  readonly isTruncated: boolean;
}

function sizeOf(query: DnsQuery, records: readonly Uint8Array[]): number {
  return records.reduce((sum, { length }) => sum + length, headerBytes + query.question.length);
}

function assemble(query: DnsQuery, reply: Reply, sections: Sections): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(query.id, 0);
  const authoritative = reply.isAuthoritative ? bits.authoritative : 0;
  const truncated = sections.isTruncated ? bits.truncated : 0;
  const flags = bits.response | (query.opcode << 11) | authoritative | truncated | query.flags | reply.rcode;
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(sections.answers.length, 6);
  header.writeUInt16BE(sections.authorities.length, 8);
  header.writeUInt16BE(sections.additionals.length, 10);
  const records = [...sections.answers, ...sections.authorities, ...sections.additionals];
  return Buffer.concat([header, query.question, ...records]);
}

/** A record of the name that was asked for points at the question, and so has its case too. */
function encodeRecord(record: ZoneRecord, asked: string): Uint8Array {
  const ttl = record.type === 'SOA' ? Math.min(record.ttl, record.data.minimum) : record.ttl;
  const bytes = encodeOne({ ...record, ttl });
  if (record.name !== asked) return bytes;
  const nameBytes = record.name.length + 2;
  return Buffer.concat([Buffer.from([0xc0, headerBytes]), bytes.subarray(nameBytes)]);
}

function encodeOpt(isDnssecOk: boolean, extendedRcode: number): Uint8Array {
  return encodeOne({
    name: '.',
    type: 'OPT',
    udpPayloadSize: largestUdpBytes,
    extendedRcode,
    ednsVersion: 0,
    flags: isDnssecOk ? 0x8000 : 0,
    flag_do: isDnssecOk,
    options: [],
  });
}

/** Names are written whole, so a record means the same wherever it stands. */
function encodeOne(record: Answer): Uint8Array {
  return encode({ answers: [record] }).subarray(headerBytes);
}
