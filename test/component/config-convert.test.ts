// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../bin/muster');
const golden = join(import.meta.dirname, '../golden/convert');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-convert-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function convert(args: readonly string[], input: string | Uint8Array = '') {
  return execa(program, ['config', 'convert', ...args], { cwd: folder, input, reject: false });
}

test('what is said in another way is told, and printed', async () => {
  const { exitCode, stdout, stderr } = await convert([join(golden, 'variables.yaml')]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).ignition).toEqual({ version: '3.3.0' });
  expect(stderr).toContain('variables.yaml:6:10: warning: Ignition fills nothing in for $private_ipv4\n');
});

test('what would be missing keeps it from being printed, unless it may', async () => {
  const file = join(golden, 'users.yaml');
  const refused = await convert([file, '--to', 'butane']);
  expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain('[cli/lossy-conversion]');
  const allowed = await convert([file, '--to', 'butane', '--allow-loss', '--variant', 'fcos']);
  expect(allowed.exitCode).toBe(0);
  expect(allowed.stdout).toMatch(/^variant: fcos\nversion: 1\.4\.0\n/);
  expect(allowed.stderr).toContain('error: Ignition fetches no keys');
});

test('standard input, packed, is read as a machine would', async () => {
  const { exitCode, stdout } = await convert(
    ['-', '--to', 'cloud-config'],
    gzipSync('#cloud-config\nhostname:   a\n'),
  );
  expect([exitCode, stdout]).toEqual([0, '#cloud-config\nhostname: a']);
});

test('a machine of the cluster file fills variables in', async () => {
  writeFileSync(
    join(folder, 'cluster.yaml'),
    'provider: local\nmachines: [{name: core-01, privateIpv4: 127.77.4.111, publicIpv4: 127.77.4.112}]\n',
  );
  const { exitCode, stdout } = await convert([join(golden, 'variables.yaml'), '--machine', 'core-01']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('ETCD_ADVERTISE_CLIENT_URLS=http://127.77.4.111:2379');
  expect(stdout).not.toContain('muster-fill-variables');
  const unknown = await convert([join(golden, 'variables.yaml'), '--machine', 'core-99']);
  expect([unknown.exitCode, unknown.stdout]).toEqual([1, '']);
});

test('what is no text, or too long, is refused and not mended', async () => {
  const latin = await convert(['-'], Buffer.from('#cloud-config\nhostname: caf\xe9\n', 'latin1'));
  expect([latin.exitCode, latin.stdout]).toEqual([1, '']);
  expect(latin.stderr).toContain('-:2:14: error: this is no UTF-8');
  writeFileSync(join(folder, 'long'), `#cloud-config\n# ${'x'.repeat(2 ** 20)}\n`);
  expect((await convert(['long'])).stderr).toContain('long:1:1: error: this is larger than 1 MiB');
});

test('what cannot be read is told by line', async () => {
  const { exitCode, stdout, stderr } = await convert(['-'], '{"ignition": {"version": "2.3.0"}}');
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toContain('-:1:26: error: "2.3.0" is no version that muster reads');
});
