// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { memoryFiles } from '../../effects/testing.js';
import { decodeWalHead, inspectDataDir } from './data-dir.js';

/** The first bytes of the logs of real members. */
const heads = {
  '3.4.23': {
    hex: '0400000000000084 0804100000000000 1e00000000000082 080110f5a6a88f01 1a1408f6c7add4c693aff56810fed093ac818cd380380000',
    memberId: '68eabc9c6a8b63f6',
    clusterId: '38014c601584e87e',
  },
  '3.5.16': {
    hex: '0400000000000084 0804100000000000 1f00000000000081 080110eaf1ce8006 1a1508f090c4e187e5cda0ae0110d8bae4979ca6baf5600000',
    memberId: 'ae4137287c310870',
    clusterId: '60eae931c2f91d58',
  },
} as const;
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test.each(Object.entries(heads))('reads the IDs from a log of etcd %s', (_version, head) => {
  const { hex, ...ids } = head;
  expect(decodeWalHead(bytesOf(hex))).toEqual({ kind: 'data', ...ids });
});

test('a head with any byte of its metadata changed, or cut short, gives no ID', () => {
  const whole = bytesOf(heads['3.5.16'].hex);
  // The bytes of the IDs: what is before them is framing, what is after them padding.
  for (let at = 34; at < 55; at += 1) {
    const changed = whole.with(at, (whole[at] ?? 0) ^ 1);
    expect(decodeWalHead(changed)).toMatchObject({ kind: 'unreadable' });
  }
  for (let length = 0; length < 55; length += 1) {
    expect(decodeWalHead(whole.subarray(0, length))).toMatchObject({ kind: 'unreadable' });
  }
});

test('bytes of anything else are unreadable', () => {
  for (const bytes of [
    new Uint8Array(4096),
    new Uint8Array(4096).fill(0xff),
    bytesOf('7f454c46'.repeat(100)),
  ]) {
    expect(decodeWalHead(bytes)).toMatchObject({ kind: 'unreadable' });
  }
});

test('a data dir is empty until it holds a file, and has data once it has a log', async () => {
  const files = memoryFiles();
  const look = () => inspectDataDir(files, '/d');
  expect(await look()).toEqual({ kind: 'empty' });
  await files.makeFolder('/d/member/snap');
  await files.makeFolder('/d/lost+found');
  await files.makeFolder('/d/.muster');
  await files.write('/d/.muster/started', 'x');
  expect(await look()).toEqual({ kind: 'empty' });
  await files.write('/d/member/snap/db', 'x');
  expect(await look()).toEqual({ kind: 'half-made', file: '/d/member/snap/db' });
  await files.makeFolder('/d/member/wal');
  await files.write('/d/member/wal/0.tmp', bytesOf(heads['3.4.23'].hex));
  expect(await look()).toMatchObject({ kind: 'half-made' });
  await files.write('/d/member/wal/0000000000000000-0000000000000000.wal', bytesOf(heads['3.4.23'].hex));
  expect(await look()).toMatchObject({ kind: 'data', memberId: heads['3.4.23'].memberId });
  await files.write('/d/member/wal/0000000000000000-0000000000000000.wal', '');
  expect(await look()).toMatchObject({ kind: 'unreadable' });
});

test('a data dir of a v2 proxy is no empty one: etcd would go on as that', async () => {
  const files = memoryFiles();
  await files.makeFolder('/d/proxy');
  await files.write('/d/proxy/cluster', '{}');
  expect(await inspectDataDir(files, '/d')).toEqual({ kind: 'half-made', file: '/d/proxy/cluster' });
});

test('a disk that cannot be read is not taken for an empty one', async () => {
  const files = { ...memoryFiles(), list: () => Promise.reject(new Error('EIO')) };
  expect(await inspectDataDir(files, '/d')).toEqual({ kind: 'unreadable', reason: 'EIO' });
});
