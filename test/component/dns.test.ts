// SPDX-License-Identifier: Apache-2.0

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as net from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseStaticMember, runDnsServer, type SrvZone, srvZone } from '../../src/bootstrap/index.js';
import { realListenTcp, realListenUdp, silentLog } from '../../src/effects/index.js';
import { findProgram, hasEtcd } from '../conformance/real-etcd.js';
import { muster, type Namespace, openNamespace } from './dns-parts.js';
import { runProgram, seat, testCluster } from './etcd-cluster.js';

const hasDig = (await runProgram('dig', ['-v'])).code === 0;
const canMakeNamespaces = process.getuid?.() === 0 && (await runProgram('ip', ['netns', 'list'])).code === 0;
const program = (name: 'etcd' | 'etcdctl') => findProgram(name, '3.5') ?? '';

const members = ['core-01', 'core-02', 'core-03'].map((name, index) =>
  parseStaticMember(`${name}=http://10.0.0.${index + 1}:2380,http://10.0.0.${index + 1}:2379`),
);
const sixth = parseStaticMember('six=http://[fd00::6]:2380,https://[fd00::6]:2379');

/** A server in this process, on a free port of 127.0.0.1, that knows one zone. */
async function serveZone(zone: SrvZone, signal: AbortSignal): Promise<{ port: number; done: Promise<void> }> {
  const zones = (async function* () {
    yield zone;
  })();
  return new Promise((resolve, reject) => {
    const done = runDnsServer(
      { listenUdp: realListenUdp, listenTcp: realListenTcp, log: silentLog },
      { listen: { host: '127.0.0.1', port: 0 }, zones },
      (port) => setImmediate(() => resolve({ port, done })),
      signal,
    );
    done.catch(reject);
  });
}

describe('the DNS server', () => {
  const parts: { stop: AbortController; port: number; done: Promise<void> } = {
    stop: new AbortController(),
    port: 0,
    done: Promise.resolve(),
  };
  beforeEach(async () => {
    parts.stop = new AbortController();
    const zone = srvZone('d.example', [...members, sixth], { serial: 7, nameServerAddresses: ['127.0.0.1'] });
    Object.assign(parts, await serveZone(zone, parts.stop.signal));
  });
  afterEach(async () => {
    parts.stop.abort();
    await parts.done;
  });

  describe.skipIf(!hasDig)('asked by dig', () => {
    const dig = async (...words: readonly string[]) =>
      (await runProgram('dig', ['@127.0.0.1', '-p', String(parts.port), '+tries=2', '+time=5', ...words]))
        .stdout;
    const short = async (...words: readonly string[]) =>
      (await dig('+short', ...words)).trim().split('\n').toSorted();

    it.each(['+notcp', '+tcp'])('finds members and clients (%s)', async (transport) => {
      expect(await short(transport, '_etcd-server._tcp.d.example', 'SRV')).toEqual([
        '0 0 2380 core-01.d.example.',
        '0 0 2380 core-02.d.example.',
        '0 0 2380 core-03.d.example.',
        '0 0 2380 six.d.example.',
      ]);
      expect(await short(transport, '_etcd-client-ssl._tcp.d.example', 'SRV')).toEqual([
        '0 0 2379 six.d.example.',
      ]);
      expect(await short(transport, 'core-02.d.example', 'A')).toEqual(['10.0.0.2']);
      expect(await short(transport, 'six.d.example', 'AAAA')).toEqual(['fd00::6']);
      expect(await short(transport, 'd.example', 'SOA')).toEqual([
        'ns.d.example. hostmaster.d.example. 7 10 10 86400 10',
      ]);
      expect(await short(transport, 'd.example', 'NS')).toEqual(['ns.d.example.']);
      expect(await short(transport, 'ns.d.example', 'A')).toEqual(['127.0.0.1']);
    });

    it('sends the addresses along, with authority and short lives', async () => {
      const text = await dig('_etcd-server._tcp.d.example', 'SRV');
      expect(text).toMatch(/status: NOERROR/);
      expect(text).toMatch(/flags: qr aa rd;/);
      expect(text).toMatch(/ADDITIONAL SECTION:[\s\S]*core-01\.d\.example\.\s+10\s+IN\s+A\s+10\.0\.0\.1/);
    });

    it.each([
      ['no such name', 'gone.d.example', 'A', 'NXDOMAIN', /SOA/],
      ['a name without such a record', 'core-01.d.example', 'AAAA', 'NOERROR', /AUTHORITY: 1/],
      ['a name that has only others below it', '_tcp.d.example', 'SRV', 'NOERROR', /ANSWER: 0/],
      ['another domain', 'www.example.com', 'A', 'REFUSED', /ANSWER: 0/],
      ['all names of the zone at once', 'd.example', 'AXFR', 'failed', /./],
    ])('tells of %s', async (_, name, type, status, more) => {
      const text = await dig(name, type);
      expect(text).toContain(status);
      expect(text).toMatch(more);
    });

    it('keeps the case of the question', async () => {
      expect(await dig('CoRe-01.D.eXample', 'A')).toMatch(
        /^CoRe-01\.D\.eXample\.\s+10\s+IN\s+A\s+10\.0\.0\.1$/m,
      );
    });

    it('says over UDP when there is more, and dig comes back over TCP', async () => {
      const many = Array.from({ length: 40 }, (_, index) =>
        parseStaticMember(`m${index}=http://10.1.0.${index}:2380`),
      );
      const stop = new AbortController();
      const { port, done } = await serveZone(srvZone('big.example', many, { serial: 1 }), stop.signal);
      try {
        const ask = async (...words: readonly string[]) =>
          (
            await runProgram('dig', [
              '@127.0.0.1',
              '-p',
              String(port),
              '_etcd-server._tcp.big.example',
              'SRV',
              ...words,
            ])
          ).stdout;
        expect(await ask('+ignore')).toMatch(/flags: qr aa tc rd;[\s\S]*ANSWER: 0/);
        expect(await ask()).toMatch(/Truncated, retrying in TCP[\s\S]*ANSWER: 40/);
      } finally {
        stop.abort();
        await done;
      }
    });
  });

  it('is silent to rubbish and to answers, and goes on', async () => {
    const socket = createSocket('udp4');
    try {
      const query = Buffer.from(
        '00070100000100000000000007636f72652d30310164076578616d706c650000010001',
        'hex',
      );
      const answer = Buffer.from(query);
      answer.writeUInt8(0x81, 2);
      for (const bad of [Buffer.alloc(0), Buffer.from([1, 2, 3]), query.subarray(0, 20), answer]) {
        socket.send(bad, parts.port, '127.0.0.1');
      }
      socket.send(query, parts.port, '127.0.0.1');
      const [first] = await once(socket, 'message');
      expect(Buffer.from(first).readUInt16BE(0)).toBe(7);
      expect(Buffer.from(first).subarray(-4)).toEqual(Buffer.from([10, 0, 0, 1]));
    } finally {
      socket.close();
    }
  });

  it('answers several questions on one TCP connection, in pieces too, and hangs up on rubbish', async () => {
    const query = Buffer.from(
      '00070100000100000000000007636f72652d30310164076578616d706c650000010001',
      'hex',
    );
    const framed = Buffer.concat([Buffer.from([0, query.length]), query]);
    const socket = net.connect(parts.port, '127.0.0.1');
    const state = { got: Buffer.alloc(0) };
    socket.on('data', (chunk) => {
      state.got = Buffer.concat([state.got, chunk]);
    });
    socket.write(Buffer.concat([framed, framed, framed.subarray(0, 9)]));
    while (state.got.length < 2 * (2 + query.length + 16)) await once(socket, 'data');
    socket.write(framed.subarray(9));
    while (state.got.length < 3 * (2 + query.length + 16)) await once(socket, 'data');
    socket.write(Buffer.from([0, 3, 1, 2, 3]));
    await once(socket, 'close');
    expect(state.got.length).toBe(3 * (2 + query.length + 16));
  });
});

describe.skipIf(!hasEtcd('3.5') || !canMakeNamespaces)('stock etcd 3.5 by DNS alone', () => {
  const startMembers = async (bed: Namespace, flags: readonly string[]) => {
    const one = (name: string, ip: string) =>
      bed.start(
        [
          program('etcd'),
          ...['--name', name, '--data-dir', join(bed.folder, name), ...flags],
          ...[
            '--listen-peer-urls',
            `http://${ip}:2380`,
            '--initial-advertise-peer-urls',
            `http://${ip}:2380`,
          ],
          ...['--listen-client-urls', `http://${ip}:2379`, '--advertise-client-urls', `http://${ip}:2379`],
        ],
        'ready to serve client requests',
      );
    await Promise.all([one('i0', '127.0.1.1'), one('i1', '127.0.1.2'), one('i2', '127.0.1.3')]);
  };

  it.each([
    ['', []],
    ['green', ['--suffix', 'green']],
  ] as const)('bootstraps three members, and its tools find them (suffix "%s")', async (suffix, suffixed) => {
    const bed = await openNamespace('127.0.9.1');
    try {
      const given = [1, 2, 3].flatMap((n) => [
        '--member',
        `i${n - 1}=http://127.0.1.${n}:2380,http://127.0.1.${n}:2379`,
      ]);
      await bed.start(
        [
          ...muster,
          ...['dns', 'serve', '--domain', 'd.example', '--listen', '127.0.9.1:53', ...suffixed, ...given],
          ...['--endpoints', 'http://127.0.1.1:2379'],
        ],
        '"ready"',
      );
      const named = suffix === '' ? [] : ['--discovery-srv-name', suffix];
      await startMembers(bed, ['--discovery-srv', 'd.example', ...named]);
      const found = ['--discovery-srv', 'd.example', '--insecure-discovery', ...named];
      const ctl = (...args: readonly string[]) =>
        bed.run([program('etcdctl'), ...found, ...args], { ETCDCTL_API: '3' });
      expect(await ctl('put', '/a', 'b')).toMatchObject({ code: 0, stdout: 'OK\n' });
      const { stdout } = await ctl('member', 'list');
      expect(stdout.trim().split('\n')).toHaveLength(3);
      expect(stdout).toContain('http://i0.d.example:2380');

      await bed.start(
        [program('etcd'), 'gateway', 'start', '--listen-addr', '127.0.0.1:23790', ...found],
        'ready to proxy client requests',
      );
      const through = ['--endpoints=http://127.0.0.1:23790', 'get', '/a'];
      const got = await bed.run([program('etcdctl'), ...through], { ETCDCTL_API: '3' });
      expect(got).toMatchObject({ code: 0, stdout: '/a\nb\n' });
    } finally {
      await bed.close();
    }
  });

  it('follows the members as they come and go', async () => {
    const bed = await openNamespace('127.0.9.1');
    try {
      const serve = ['dns', 'serve', '--domain', 'd.example', '--listen', '127.0.9.1:53'];
      await startMembers(bed, [
        '--initial-cluster',
        'i0=http://127.0.1.1:2380,i1=http://127.0.1.2:2380,i2=http://127.0.1.3:2380',
      ]);
      await bed.start([...muster, ...serve, '--endpoints', 'http://127.0.1.1:2379'], 'the zone changed');
      const ask = async () =>
        (await bed.run(['dig', '+short', '_etcd-client._tcp.d.example', 'SRV'])).stdout
          .trim()
          .split('\n')
          .toSorted();
      expect(await ask()).toEqual([0, 1, 2].map((n) => `0 0 2379 i${n}.d.example.`));
      const ctl = (...args: readonly string[]) =>
        bed.run([program('etcdctl'), '--endpoints=http://127.0.1.1:2379', ...args], { ETCDCTL_API: '3' });
      const id = /^(\w+), started, i2/m.exec((await ctl('member', 'list')).stdout)?.[1] ?? '';
      // Refused until every member has been connected for five seconds.
      while ((await ctl('member', 'remove', id)).code !== 0) expect(id).not.toBe('');
      const left = [0, 1].map((n) => `0 0 2379 i${n}.d.example.`);
      let now = await ask();
      while (now.length > left.length) now = await ask();
      expect(now).toEqual(left);
    } finally {
      await bed.close();
    }
  });
});

describe.skipIf(!hasEtcd('3.5'))('muster dns zone', () => {
  it('prints the zone of a running cluster', async () => {
    const cluster = testCluster();
    try {
      const [one] = await cluster.startAll([seat('core-01')]);
      const { hostname } = new URL(one?.clientUrl ?? '');
      const args = ['dns', 'zone', '--domain', 'd.example', '--endpoints', one?.clientUrl ?? ''];
      const ran = await runProgram(muster[0] ?? '', [...muster.slice(1), ...args]);
      expect(ran.stderr).toBe('');
      expect(ran.stdout).toMatch(
        /^\$ORIGIN d\.example\.\nd\.example\. +10 IN SOA localhost\. hostmaster\.d\.example\. \d+ /,
      );
      expect(ran.stdout).toMatch(
        /^_etcd-server\._tcp\.d\.example\. +10 IN SRV 0 0 2380 core-01\.d\.example\.$/m,
      );
      expect(ran.stdout).toMatch(
        new RegExp(`^core-01\\.d\\.example\\. +10 IN A +${hostname.replaceAll('.', '\\.')}$`, 'm'),
      );
      const json = await runProgram(muster[0] ?? '', [...muster.slice(1), ...args, '-o', 'json']);
      expect(JSON.parse(json.stdout)).toMatchObject({ domain: 'd.example' });
    } finally {
      await cluster.close();
    }
  });
});
