// SPDX-License-Identifier: Apache-2.0

import { type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerQuery, type DnsTransport } from './answer-query.js';
import { srvZone } from './srv-zone.js';
import { parseStaticMember } from './static-member.js';

const seats = Array.from({ length: 60 }, (_, index) =>
  parseStaticMember(`m${index}=http://10.0.0.${index}:2380,http://10.0.0.${index}:2379`),
);
const few = srvZone('d.example', seats.slice(0, 3), { serial: 1 });
const many = srvZone('d.example', seats, { serial: 1 });

function ask(name: string, type: string, more: Partial<Packet> = {}, transport: DnsTransport = 'udp') {
  const questions = [{ name, type, class: 'IN' } as const] as unknown as NonNullable<Packet['questions']>;
  const bytes = answerQuery(few, encode({ type: 'query', id: 9, questions, ...more }), transport);
  return bytes === undefined ? undefined : { bytes, packet: decode(Buffer.from(bytes)) };
}

/** Only `decode` of the library names it; its types do not. */
function rcodeOf(packet: DecodedPacket | undefined): number {
  return (packet?.flags ?? -1) & 0xf;
}

describe('answerQuery', () => {
  it.each([
    ['_etcd-server._tcp.d.example', 'SRV', 0, true, 3],
    ['_ETCD-Server._tcp.D.example', 'SRV', 0, true, 3],
    ['m1.d.example', 'A', 0, true, 1],
    ['m1.d.example', 'AAAA', 0, true, 0],
    ['_tcp.d.example', 'A', 0, true, 0],
    ['_etcd-server-ssl._tcp.d.example', 'SRV', 3, true, 0],
    ['m9.d.example', 'A', 3, true, 0],
    ['d.example', 'ANY', 0, true, 1],
    ['example', 'A', 5, false, 0],
    ['xd.example', 'A', 5, false, 0],
    ['.', 'NS', 5, false, 0],
    ['d.example', 'AXFR', 5, false, 0],
  ])('answers %s %s with code %i', (name, type, rcode, isOurs, count) => {
    const packet = ask(name, type)?.packet;
    expect(rcodeOf(packet)).toBe(rcode);
    expect(packet?.flag_aa).toBe(isOurs);
    expect(packet?.answers).toHaveLength(count);
    expect(packet?.id).toBe(9);
    const isNegative = isOurs && count === 0;
    expect(packet?.authorities?.map((record) => record.type)).toEqual(isNegative ? ['SOA'] : []);
  });

  it('refuses what it does not understand, by its code', () => {
    expect(rcodeOf(ask('d.example', 'SOA', { flags: 4 << 11 })?.packet)).toBe(4);
    const opt = { name: '.', type: 'OPT', udpPayloadSize: 4096, ednsVersion: 1 } as const;
    const additionals = [opt] as unknown as NonNullable<Packet['additionals']>;
    const answered = ask('d.example', 'SOA', { additionals })?.packet.additionals?.[0];
    expect(answered?.type === 'OPT' && answered.extendedRcode).toBe(1);
    const unknown = answerQuery(undefined, encode({ questions: [{ name: 'd.example', type: 'A' }] }), 'udp');
    expect((unknown?.[3] ?? 0) & 0xf).toBe(2);
  });

  it('takes no dot inside a label for a border', () => {
    const query = encode({ questions: [{ name: 'm1.d.example', type: 'A' }] });
    // One label "m1.d", then "example".
    query[12] = 4;
    query[15] = 0x2e;
    expect((answerQuery(few, query, 'udp')?.[3] ?? 0) & 0xf).toBe(5);
  });

  it('answers no answer, so that two servers never keep each other busy', () => {
    const reply = ask('m1.d.example', 'A')?.bytes ?? new Uint8Array(0);
    expect(answerQuery(few, reply, 'udp')).toBeUndefined();
  });

  it('leaves out addresses before it calls an answer cut', () => {
    const size = { name: '.', type: 'OPT', udpPayloadSize: 512 } as const;
    const additionals = [size] as unknown as NonNullable<Packet['additionals']>;
    const questions = [{ name: '_etcd-server._tcp.d.example', type: 'SRV' } as const];
    const zone = srvZone('d.example', seats.slice(0, 10), { serial: 1 });
    const cut = decode(Buffer.from(answerQuery(zone, encode({ questions, additionals }), 'udp') ?? []));
    expect([cut.flag_tc, cut.answers?.length, cut.additionals?.length]).toEqual([false, 10, 1]);
    const tooMany = decode(Buffer.from(answerQuery(many, encode({ questions }), 'udp') ?? []));
    expect([tooMany.flag_tc, tooMany.answers?.length]).toEqual([true, 0]);
    const whole = decode(Buffer.from(answerQuery(many, encode({ questions }), 'tcp') ?? []));
    expect([whole.flag_tc, whole.answers?.length, whole.additionals?.length]).toEqual([false, 60, 60]);
  });

  const query = fc
    .record({
      id: fc.nat(0xffff),
      name: fc.constantFrom('d.example', '_etcd-server._tcp.d.example', 'm1.d.example', 'a.b', '.'),
      type: fc.constantFrom('A', 'AAAA', 'SRV', 'SOA', 'NS', 'ANY', 'TXT') as fc.Arbitrary<'A'>,
      payload: fc.option(fc.nat(0xffff)),
    })
    .map(({ id, name, type, payload }) => {
      const opt = { name: '.', type: 'OPT', udpPayloadSize: payload ?? 0, options: [] };
      const additionals = (payload === null ? [] : [opt]) as unknown as NonNullable<Packet['additionals']>;
      return { bytes: encode({ id, questions: [{ name, type }], additionals }), payload };
    });
  const transport = fc.constantFrom<DnsTransport>('udp', 'tcp');

  it('never answers with more than the asker takes', () => {
    fc.assert(
      fc.property(query, transport, ({ bytes, payload }, over) => {
        const reply = answerQuery(many, bytes, over);
        const limit = over === 'tcp' ? 65_535 : Math.max(512, Math.min(payload ?? 0, 1_232));
        expect(reply?.length).toBeLessThanOrEqual(limit);
        expect(decode(Buffer.from(reply ?? [])).id).toBe(bytes.readUInt16BE(0));
      }),
      { numRuns: 500 },
    );
  });

  it('is harmed by no bytes, answers no answer, and always echoes the ID', () => {
    const broken = fc
      .tuple(query, fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 8 }), fc.nat(100))
      .map(([{ bytes }, changes, cut]) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy.subarray(0, Math.max(0, copy.length - (cut > 50 ? cut - 50 : 0)));
      });
    const any = fc.oneof(
      broken,
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(any, transport, (bytes, over) => {
        const reply = answerQuery(many, bytes, over);
        if (reply === undefined) return;
        expect((bytes[2] ?? 0) < 0x80 && (reply[2] ?? 0) >= 0x80).toBe(true);
        expect([...reply.subarray(0, 2)]).toEqual([...bytes.subarray(0, 2)]);
        expect(reply.length).toBeLessThanOrEqual(over === 'udp' ? 1_232 : 65_535);
        expect(answerQuery(many, reply, over)).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });
});
