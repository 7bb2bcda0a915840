// SPDX-License-Identifier: Apache-2.0

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ClientTls, connect, keyOf } from '../../src/etcd/index.js';
import { memoryAuth } from './etcd-doubles.js';
import { etcdctl, hasEtcdctl, type Served, startServed } from './etcd-parts.js';

const parts: { folder: string; server?: Served } = { folder: '' };
const path = (name: string) => join(parts.folder, name);
const text = (name: string) => readFile(path(name), 'utf8');
const url = () => parts.server?.url ?? '';

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

function authority(name: string): void {
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)],
  );
}

/** A certificate of the authority `ca` for this common name, good for 127.0.0.1. */
async function certificate(name: string): Promise<void> {
  await writeFile(path('ext'), 'subjectAltName=IP:127.0.0.1,DNS:store.example\n');
  openssl(
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`],
    ...['-keyout', path(`${name}.key`), '-out', path(`${name}.csr`)],
  );
  openssl(
    ...['x509', '-req', '-in', path(`${name}.csr`), '-days', '2', '-CAcreateserial', '-extfile', path('ext')],
    ...['-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-out', path(`${name}.crt`)],
  );
}

beforeAll(async () => {
  parts.folder = await mkdtemp(join(tmpdir(), 'muster-tls-'));
  authority('ca');
  authority('other');
  for (const name of ['server', 'ann', 'root']) await certificate(name);
  const auth = memoryAuth();
  await auth.userAdd({ name: 'root', password: 'x', hasPassword: true });
  await auth.roleAdd('root');
  await auth.userGrantRole('root', 'root');
  await auth.userAdd({ name: 'ann', password: '', hasPassword: false });
  await auth.roleAdd('writer');
  await auth.roleGrantPermission('writer', { kind: 'readwrite', key: keyOf('k') });
  await auth.userGrantRole('ann', 'writer');
  await auth.enable();
  parts.server = await startServed(undefined, {
    auth,
    tls: {
      cert: await text('server.crt'),
      key: await text('server.key'),
      clientCa: await text('ca.crt'),
      clientCertAuth: true,
    },
  });
});
afterAll(async () => {
  await parts.server?.close();
  await rm(parts.folder, { recursive: true, force: true });
});

async function clientTls(name: string): Promise<ClientTls> {
  return { ca: await text('ca.crt'), cert: await text(`${name}.crt`), key: await text(`${name}.key`) };
}

async function withClient<T>(
  tls: ClientTls,
  run: (client: ReturnType<typeof connect>) => Promise<T>,
): Promise<T> {
  const client = connect([url()], { timeoutMs: 3_000, tls });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

describe('with TLS', () => {
  it('takes the name of the certificate as the user', async () => {
    expect(url()).toMatch(/^https:/);
    await withClient(await clientTls('ann'), async (client) => {
      await client.put({ key: keyOf('k'), value: keyOf('v') });
      await expect(client.put({ key: keyOf('other'), value: keyOf('v') })).rejects.toMatchObject({
        code: 'etcd/permission-denied',
      });
    });
  });

  it('checks the name of the server', async () => {
    const ann = await clientTls('ann');
    await withClient({ ...ann, serverName: 'store.example' }, (client) => client.range({ key: keyOf('k') }));
    await withClient({ ...ann, serverName: 'elsewhere.example' }, (client) =>
      expect(client.range({ key: keyOf('k') })).rejects.toMatchObject({ code: 'etcd/unavailable' }),
    );
  });

  it('refuses clients without a certificate, or without TLS, and trusts no stranger', async () => {
    const ca = await text('ca.crt');
    const ask = (client: ReturnType<typeof connect>) =>
      expect(client.range({ key: keyOf('k') })).rejects.toMatchObject({ code: 'etcd/unavailable' });
    await withClient({ ca }, ask);
    await withClient({ ca, cert: await text('other.crt'), key: await text('other.key') }, ask);
    await withClient({ ...(await clientTls('ann')), ca: await text('other.crt') }, ask);
    const plain = connect([url().replace('https:', 'http:')], { timeoutMs: 3_000 });
    await ask(plain);
    await plain.close();
  });

  it('leaves no socket behind that nobody has accepted, with TLS or without', async () => {
    const script =
      'const s = require("net").createServer().listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => console.log(s.address().port))';
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const filling: net.Socket[] = [];
    try {
      const [said] = await once(child.stdout, 'data');
      const port = Number(String(said));
      // From now on the kernel accepts what its queue takes, and drops all others without a word.
      child.kill('SIGSTOP');
      for (let times = 0; times < 4; times += 1)
        filling.push(net.connect(port, '127.0.0.1').on('error', () => {}));
      await once(filling[0] ?? child, 'connect');
      const sockets = () =>
        process
          .getActiveResourcesInfo()
          .filter((one) => /^T(CP|LS)/.test(one))
          .sort();
      const before = sockets();
      for (const scheme of ['http', 'https']) {
        const client = connect([`${scheme}://127.0.0.1:${port}`], { timeoutMs: 300 });
        await expect(client.range({ key: keyOf('k') })).rejects.toMatchObject({ code: 'etcd/unavailable' });
        await client.close();
      }
      await vi.waitFor(() => expect(sockets()).toEqual(before));
    } finally {
      for (const socket of filling) socket.destroy();
      child.kill('SIGKILL');
    }
  });

  it.skipIf(!hasEtcdctl)('serves stock etcdctl', async () => {
    const flags = [`--cacert=${path('ca.crt')}`, `--cert=${path('root.crt')}`, `--key=${path('root.key')}`];
    expect(await etcdctl(url(), [...flags, 'put', 'x', 'y'])).toMatchObject({ code: 0, stdout: 'OK\n' });
    expect((await etcdctl(url(), [...flags, 'user', 'list'])).stdout).toBe('ann\nroot\n');
  });

  it('serves plain HTTP/1.1 and HTTP/2 on the same port', async () => {
    const { ca, cert, key } = await clientTls('root');
    const status = await new Promise((resolve, reject) => {
      https
        .get(`${url()}/version`, { ca, cert, key }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject);
    });
    expect(status).toBe(200);
    const flags = ['--cacert', path('ca.crt'), '--cert', path('root.crt'), '--key', path('root.key')];
    const range = ['-d', '{"key":"AA==","count_only":true}', `${url()}/v3/kv/range`];
    const { stdout } = await promisify(execFile)('curl', [
      '-s',
      '-w',
      ' %{http_version}',
      ...flags,
      ...range,
    ]);
    // A certificate is no name in the gateway.
    expect(stdout).toContain('etcdserver: user name is empty');
    expect(stdout).toMatch(/ 2$/);
  });
});
