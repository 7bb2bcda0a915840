// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Files, type ProbeTcp, silentLog } from '../../effects/index.js';
import { memoryFiles } from '../../effects/testing.js';
import { findAddress, findBlock, overlaps, renderBlock, sizeOf } from '../network/ipv4-block.js';
import { releaseBlock } from '../network/loopback-block.js';
import type { ProviderContext } from '../provider.js';
import { findLocalNetwork, openLocalNetwork } from './network.js';
import { localOptionParser } from './options.js';

const everythingFree: ProbeTcp = async () => 'free';

function openUser(
  environment: Readonly<Record<string, string>> = { HOME: '/home/u' },
  disk: Files | undefined = undefined,
) {
  const files = memoryFiles();
  const deps = { files: disk ?? files, environment, log: silentLog };
  const contextOf = (folder: string, options: unknown = {}): ProviderContext => ({
    clusterName: 'c',
    clusterId: '0'.repeat(32),
    folder,
    ports: [7070, 2379],
    options,
  });
  return {
    files,
    open: (folder: string, options?: unknown, probeTcp = everythingFree) =>
      openLocalNetwork({ ...deps, probeTcp }, contextOf(folder, options)),
    find: (folder: string, options?: unknown) =>
      findLocalNetwork({ ...deps, probeTcp: everythingFree }, contextOf(folder, options)),
    release: (folder: string) => releaseBlock({ ...deps, probeTcp: everythingFree }, contextOf(folder)),
  };
}

test('a cluster gets one block and keeps it', async () => {
  const { open, files } = openUser();
  const network = await open('/a/.muster');
  expect(network.controlAddress).toMatch(/^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.1$/);
  const [, second] = network.controlAddress.split('.').map(Number);
  expect(network.addressOf(0)).toBe(network.controlAddress.replace(/1$/, '101'));
  expect(second).toBeGreaterThanOrEqual(64);
  expect((await open('/a/.muster')).controlAddress).toBe(network.controlAddress);
  expect(
    files.paths().filter((path) => path.startsWith('/home/u/.local/state/muster/networks/')),
  ).toHaveLength(1);
});

test('reservations lie where XDG_STATE_HOME says, when it is a whole path', async () => {
  const { open, files } = openUser({ HOME: '/home/u', XDG_STATE_HOME: '/state' });
  await open('/a');
  expect(files.paths()).toContain('/state/muster/networks');
  const relative = openUser({ HOME: '/home/u', XDG_STATE_HOME: 'state' });
  await relative.open('/a');
  expect(relative.files.paths()).toContain('/home/u/.local/state/muster/networks');
});

test('a user with no home gets a network all the same, and keeps it', async () => {
  const { open } = openUser({});
  const { controlAddress } = await open('/a');
  expect((await open('/a')).controlAddress).toBe(controlAddress);
});

test('many clusters never share a block, though they begin looking at the same one', async () => {
  const { open, files } = openUser();
  const first = await open('/a');
  const taken = [...((await files.list('/home/u/.local/state/muster/networks')) ?? [])][0];
  // As if the folder's path hashed to the block of another: it remembers that block and must move.
  await files.makeFolder('/copy');
  await files.write('/copy/network.json', (await files.readText('/a/network.json')) ?? '');
  const second = await open('/copy');
  expect(taken).toBe(`${first.controlAddress.replace(/1$/, '0')}_22`);
  expect(second.controlAddress).not.toBe(first.controlAddress);
  expect((await open('/a')).controlAddress).toBe(first.controlAddress);
  expect((await open('/copy')).controlAddress).toBe(second.controlAddress);
});

test('who only looks at an edited file takes nothing from the cluster that runs', async () => {
  const { open, find, files } = openUser();
  expect(await find('/a')).toBeUndefined();
  const { controlAddress } = await open('/a');
  expect((await find('/a', { network: '127.77.4.0/22' }))?.controlAddress).toBe('127.77.4.1');
  expect((await find('/a'))?.controlAddress).toBe(controlAddress);
  expect(await files.list('/home/u/.local/state/muster/networks')).toHaveLength(1);
});

test('two that look at the same time do not get the same', async () => {
  const { open, files } = openUser();
  const { controlAddress } = await open('/a');
  const network = `${controlAddress.replace(/1$/, '0')}/22`;
  await files.remove('/a');
  const results = await Promise.allSettled(['/b', '/c', '/d'].map((folder) => open(folder, { network })));
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
  for (const [index, { status }] of results.entries()) {
    const own = await files.readText(`/${'bcd'[index]}/network.json`);
    expect(own !== undefined).toBe(status === 'fulfilled');
  }
});

test('one that was faster by a moment keeps its block', async () => {
  const { open, files } = openUser();
  const network = '127.77.4.0/22';
  const slow = openUser(
    { HOME: '/home/u' },
    {
      ...files,
      // The other cluster gets its reservation after this one looked and before it takes its own.
      create: async (...args) => {
        await open('/fast', { network });
        return files.create(...args);
      },
    },
  );
  await expect(slow.open('/slow', { network })).rejects.toMatchObject({ details: { folder: '/fast' } });
  expect((await open('/fast', { network })).controlAddress).toBe('127.77.4.1');
  expect(await files.readText('/slow/network.json')).toBeUndefined();
});

test('the block of a cluster whose folder is gone is free again', async () => {
  const { open, files } = openUser();
  const network = '127.77.4.0/22';
  await open('/a', { network });
  await files.remove('/a');
  expect((await open('/b', { network })).controlAddress).toBe('127.77.4.1');
  await expect(open('/c', { network })).rejects.toMatchObject({ details: { folder: '/b' } });
});

test('a block that is given back is free, and nothing of it stays', async () => {
  const { open, release, files } = openUser();
  await open('/a', { network: '127.77.4.0/22' });
  await release('/a');
  await release('/a');
  expect(files.paths().filter((path) => /network\.json|_22/.test(path))).toEqual([]);
});

test('giving back leaves the block of another cluster alone', async () => {
  const { open, release, files } = openUser();
  await open('/a', { network: '127.77.4.0/22' });
  await files.makeFolder('/copy');
  await files.write('/copy/network.json', (await files.readText('/a/network.json')) ?? '');
  await release('/copy');
  await expect(open('/b', { network: '127.77.4.0/22' })).rejects.toMatchObject({
    code: 'providers/network-taken',
  });
});

test('a block that overlaps another cluster’s is taken', async () => {
  const { open } = openUser();
  await open('/a', { network: '127.77.4.0/22' });
  for (const network of ['127.77.0.0/16', '127.77.5.0/24', '127.77.4.0/22']) {
    await expect(open('/b', { network }), network).rejects.toMatchObject({
      code: 'providers/network-taken',
      details: { network, folder: '/a' },
    });
  }
  expect((await open('/b', { network: '127.77.8.0/24' })).controlAddress).toBe('127.77.8.1');
});

test('a cluster file that names another block moves the cluster', async () => {
  const { open, files } = openUser();
  await open('/a', { network: '127.77.4.0/22' });
  expect((await open('/a', { network: '127.78.0.0/16' })).controlAddress).toBe('127.78.0.1');
  expect(await files.list('/home/u/.local/state/muster/networks')).toEqual(['127.78.0.0_16']);
});

test('a block where somebody else listens is passed over', async () => {
  const { open } = openUser();
  const { controlAddress } = await open('/a');
  const taken: ProbeTcp = async ({ host, port }) =>
    host === controlAddress && port === 2379 ? 'taken' : 'free';
  const other = openUser();
  const moved = await other.open('/a', {}, taken);
  expect(moved.controlAddress).not.toBe(controlAddress);
  expect((await other.open('/a', {}, taken)).controlAddress).toBe(moved.controlAddress);
});

test('a program that listens on every address does not use up all blocks', async () => {
  const { open } = openUser();
  const probe: ProbeTcp = async ({ port }) => (port === 2379 ? 'taken' : 'free');
  expect((await open('/a', {}, probe)).controlAddress).toMatch(/^127\./);
});

test('where there is only 127.0.0.1 everything shares it', async () => {
  const { open, files } = openUser();
  const network = await open('/a', {}, async () => 'no-address');
  expect([network.controlAddress, network.addressOf(0), network.addressOf(500)]).toEqual(
    Array.from({ length: 3 }, () => '127.0.0.1'),
  );
  expect(files.paths()).toEqual(['/']);
});

test('a damaged network file is chosen anew', async () => {
  const { open, files } = openUser();
  const { controlAddress } = await open('/a');
  await files.write('/a/network.json', '{"network":');
  expect((await open('/a')).controlAddress).toBe(controlAddress);
});

test.each([
  ['127.77.4.0/24', 154],
  ['127.77.4.0/22', 922],
])('%s has room for %i machines', async (network, count) => {
  const { addressOf } = await openUser().open('/a', { network });
  const addresses = Array.from({ length: count }, (_, index) => addressOf(index));
  expect(new Set(addresses).size).toBe(count);
  expect(() => addressOf(count)).toThrow(`has no address for machine number ${count + 1}`);
});

test.each([
  [undefined, undefined],
  [null, undefined],
  [{}, undefined],
  [{ network: '127.77.4.0/22' }, undefined],
  [{ network: '127.64.0.0/16' }, undefined],
  [{ network: '127.0.1.0/24' }, undefined],
  [{ network: 7 }, 'a network is a text'],
  [{ network: '127.77.4.0' }, '"127.77.4.0" is no network'],
  [{ network: '127.77.4.300/24' }, '"127.77.4.300/24" is no network'],
  [{ network: 'namespaces' }, undefined],
  [{ network: '10.77.0.0/16' }, undefined],
  [{ network: '172.31.255.0/24' }, undefined],
  [{ network: '192.168.4.0/22' }, undefined],
  [{ network: '172.32.0.0/16' }, '172.32.0.0/16 is not on this computer alone'],
  [{ network: '192.0.2.0/24' }, '192.0.2.0/24 is not on this computer alone'],
  [{ network: '10.0.0.0/8' }, 'a /8 is no size for a cluster'],
  [{ network: '127.0.0.0/24' }, '127.0.0.0/24 holds addresses that other programs use'],
  [{ network: '127.0.0.0/16' }, '127.0.0.0/16 holds addresses that other programs use'],
  [{ network: '127.77.4.0/25' }, 'a /25 is no size for a cluster'],
  [{ network: '127.0.0.0/8' }, 'a /8 is no size for a cluster'],
  [{ network: '127.77.5.0/22' }, 'a /22 begins at 127.77.4.0/22'],
  [{ disk: 1 }, 'the local provider has no option "disk"'],
])('options %j: %s', (options, message) => {
  const parsed = localOptionParser.parse(options);
  if (message === undefined) {
    expect(parsed.kind).toBe('ok');
    expect(parsed.kind === 'ok' && localOptionParser.parse(parsed.options)).toEqual(parsed);
  } else {
    expect(parsed).toMatchObject({ kind: 'bad', problems: [{ message }] });
  }
});

test('all problems of options come at once, each with its path', () => {
  const parsed = localOptionParser.parse({ network: 'x', disk: 1, cpu: 2 });
  expect(parsed.kind === 'bad' && parsed.problems.map(({ path }) => path.join('.')).sort()).toEqual([
    'cpu',
    'disk',
    'network',
  ]);
});

test('the schema of the options is one', () => {
  expect(localOptionParser.jsonSchema()).toMatchObject({
    type: 'object',
    properties: { network: { type: 'string' } },
  });
});

test('blocks are read, written and compared', () => {
  const blocks = fc.record({ address: fc.nat(2 ** 32 - 1), prefix: fc.integer({ min: 8, max: 30 }) });
  const block = blocks.map(({ address, prefix }) => ({
    base: address - (address % sizeOf({ prefix })),
    prefix,
  }));
  fc.assert(
    fc.property(block, block, (one, other) => {
      expect(findBlock(renderBlock(one))).toEqual(one);
      expect(findBlock(`${findAddress(one, 0)}/${one.prefix}`)).toEqual(one);
      const wider = one.prefix < other.prefix ? one : other;
      const narrower = wider === one ? other : one;
      const isInside = narrower.base - (narrower.base % sizeOf(wider)) === wider.base;
      expect(overlaps(one, other)).toBe(isInside);
    }),
  );
});
