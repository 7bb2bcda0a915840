// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/etcd/codec.js';
import type { MethodSpec } from '../../src/etcd/methods.js';
import { grpcSpecs } from '../../src/etcd/methods-grpc.js';
import { memberSpecs } from '../../src/etcd/methods-member.js';
import { memoryAuth, memoryMaintenance } from './etcd-doubles.js';
import { etcdctl, hasEtcdctl, type Served, startServed } from './etcd-parts.js';

const parts: { server?: Served } = {};
const server = (): Served => {
  if (parts.server === undefined) throw new Error('not served');
  return parts.server;
};
beforeEach(async () => {
  parts.server = await startServed(undefined, { maintenance: memoryMaintenance(), auth: memoryAuth() });
});
afterEach(() => parts.server?.close());

describe.skipIf(!hasEtcdctl)('stock etcdctl about the member', () => {
  const out = async (...args: readonly string[]) => {
    const ran = await etcdctl(server().url, args);
    expect(ran).toMatchObject({ code: 0 });
    return ran.stdout;
  };
  const told = async (...args: readonly string[]) => {
    const { code, stderr } = await etcdctl(server().url, args);
    expect(code).not.toBe(0);
    return stderr;
  };

  it('lists it and refuses others', async () => {
    expect(await out('member', 'list')).toContain(
      'fedcba9876543210, started, core-01, http://127.0.0.1:2380',
    );
    expect(await told('member', 'add', 'x', '--peer-urls=http://127.0.0.1:2380')).toContain(
      'etcdserver: Peer URLs already exists',
    );
    expect(await told('member', 'add', 'x', '--peer-urls=http://127.0.0.1:9')).toContain('takes no other');
    expect(await told('member', 'remove', '5')).toContain('etcdserver: member not found');
    expect(await told('member', 'promote', 'fedcba9876543210')).toContain(
      'can only promote a learner member',
    );
    expect(await told('move-leader', '5')).toContain('etcdserver: bad leader transferee');
  });

  it('tells its state, and raises and takes down alarms', async () => {
    expect(await out('endpoint', 'status')).toContain('3.5.16, 8.2 kB, true, false, 1, 7, 7, ');
    expect(await out('endpoint', 'hashkv')).toContain(', 1234567');
    expect(await out('alarm', 'list')).toBe('');
    await fetch(`${server().url}/v3/maintenance/alarm`, {
      method: 'POST',
      body: '{"action":"ACTIVATE","memberID":"18364758544493064720","alarm":"NOSPACE"}',
    });
    expect(await out('alarm', 'list')).toBe('memberID:18364758544493064720 alarm:NOSPACE \n');
    expect(await out('endpoint', 'status')).toContain('memberID:18364758544493064720 alarm:NOSPACE');
    const sick = await fetch(`${server().url}/health`);
    expect([sick.status, await sick.text()]).toEqual([503, '{"health":"false","reason":"ALARM NOSPACE"}\n']);
    expect((await fetch(`${server().url}/health?exclude=NOSPACE`)).status).toBe(200);
    expect(await out('alarm', 'disarm')).toBe('memberID:18364758544493064720 alarm:NOSPACE \n');
    expect(await out('alarm', 'list')).toBe('');
    expect(await out('defrag')).toContain('Finished defragmenting');
  });

  it('saves a snapshot with its checksum behind it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-snapshot-'));
    try {
      await out('snapshot', 'save', join(folder, 'db'));
      const saved = await readFile(join(folder, 'db'));
      const file = Buffer.alloc(100 * 1024, 'the whole database');
      expect(saved).toEqual(Buffer.concat([file, createHash('sha256').update(file).digest()]));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('manages users and asks them for their passwords', async () => {
    await out('user', 'add', 'root:x');
    await out('role', 'add', 'root');
    await out('user', 'grant-role', 'root', 'root');
    await out('user', 'add', 'ann:y');
    await out('role', 'add', 'writer');
    await out('role', 'grant-permission', 'writer', 'readwrite', 'k');
    await out('user', 'grant-role', 'ann', 'writer');
    expect(await out('role', 'get', 'writer')).toContain('KV Read:\n\tk\nKV Write:\n\tk');
    expect(await out('user', 'get', 'ann')).toBe('User: ann\nRoles: writer\n');
    expect(await out('auth', 'enable')).toBe('Authentication Enabled\n');
    expect(await told('put', 'k', 'v')).toContain('etcdserver: user name is empty');
    expect(await told('--user=ann:bad', 'put', 'k', 'v')).toContain('authentication failed');
    expect(await out('--user=ann:y', 'put', 'k', 'v')).toBe('OK\n');
    expect(await out('--user=ann:y', 'get', 'k')).toBe('k\nv\n');
    expect(await told('--user=ann:y', 'get', 'other')).toContain('etcdserver: permission denied');
    expect(await told('--user=ann:y', 'watch', 'other')).toContain('permission denied');
    expect(await told('--user=ann:y', 'user', 'list')).toContain('etcdserver: permission denied');
    expect(await out('--user=root:x', 'user', 'list')).toBe('ann\nroot\n');
    expect(await out('--user=root:x', 'auth', 'disable')).toBe('Authentication Disabled\n');
    expect(await out('put', 'k', 'v')).toBe('OK\n');
  });
});

describe('@grpc/grpc-js', () => {
  function client(): grpc.Client {
    return new grpc.Client(server().url.slice('http://'.length), grpc.credentials.createInsecure());
  }

  function unary<Req, Res>(spec: MethodSpec<Req, Res>, request: Req): Promise<Res> {
    const made = client();
    return new Promise<Res>((resolve, reject) =>
      made.makeUnaryRequest<Req, Res>(
        spec.path,
        (message) => Buffer.from(encodeMessage(spec.request, message)),
        (bytes) => decodeMessage(spec.response, bytes),
        request,
        (error, response) => (response === undefined ? reject(error) : resolve(response)),
      ),
    ).finally(() => made.close());
  }

  async function stream<Req, Res>(spec: MethodSpec<Req, Res>, requests: readonly Req[]): Promise<Res[]> {
    const made = client();
    const call = made.makeBidiStreamRequest<Req, Res>(
      spec.path,
      (message) => Buffer.from(encodeMessage(spec.request, message)),
      (bytes) => decodeMessage(spec.response, bytes),
    );
    call.on('error', () => {});
    const seen: Res[] = [];
    for (const request of requests) call.write(request);
    for await (const response of call) {
      seen.push(response);
      if (seen.length === requests.length) break;
    }
    call.cancel();
    made.close();
    return seen;
  }

  it('asks for its health', async () => {
    expect(await unary(grpcSpecs.healthCheck, { service: '' })).toEqual({ status: 1 });
    await expect(unary(grpcSpecs.healthCheck, { service: 'x' })).rejects.toMatchObject({ code: 5 });
    expect(await stream(grpcSpecs.healthWatch, [{ service: '' }])).toEqual([{ status: 1 }]);
    expect(await stream(grpcSpecs.healthWatch, [{ service: 'x' }])).toEqual([{ status: 3 }]);
  });

  it.each([
    ['v1', grpcSpecs.reflection],
    ['v1alpha', grpcSpecs.reflectionAlpha],
  ])('finds the services by reflection %s', async (_, spec) => {
    const [list, byName, bySymbol, unknown] = await stream(spec, [
      { host: '', messageRequest: { $case: 'listServices', value: '' } },
      { host: '', messageRequest: { $case: 'fileByFilename', value: 'etcdserverpb/kv.proto' } },
      { host: '', messageRequest: { $case: 'fileContainingSymbol', value: 'etcdserverpb.KV.Range' } },
      { host: '', messageRequest: { $case: 'fileContainingSymbol', value: 'no.Such' } },
    ]);
    const services = list?.messageResponse;
    expect(
      services?.$case === 'listServicesResponse' && services.value.service.map(({ name }) => name),
    ).toEqual([
      'etcdserverpb.Auth',
      'etcdserverpb.Cluster',
      'etcdserverpb.KV',
      'etcdserverpb.Lease',
      'etcdserverpb.Maintenance',
      'etcdserverpb.Watch',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
    const files = byName?.messageResponse;
    // kv.proto, and the two files that it imports.
    expect(files?.$case === 'fileDescriptorResponse' && files.value.fileDescriptorProto).toHaveLength(3);
    expect(bySymbol?.messageResponse).toEqual(files);
    expect(unknown?.messageResponse).toMatchObject({ $case: 'errorResponse', value: { errorCode: 5 } });
  });

  it('is told what is not there without a store that cares for it', async () => {
    await server().close();
    parts.server = await startServed();
    await expect(unary(memberSpecs.hash, {})).rejects.toMatchObject({ code: 12 });
    await expect(unary(memberSpecs.downgrade, { action: 2, version: '' })).rejects.toMatchObject({
      code: 9,
      details: 'etcdserver: no inflight downgrade job',
    });
    expect((await unary(memberSpecs.downgrade, { action: 0, version: '3.4.0' })).version).toBe('3.5.0');
  });
});
