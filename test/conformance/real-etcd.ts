// SPDX-License-Identifier: Apache-2.0

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.js';

export interface RealEtcd {
  readonly url: string;
  close(): Promise<void>;
}

/** Of Debian 12 and Debian 13. */
export type EtcdVersion = '3.4' | '3.5';

const cache = join(import.meta.dirname, '../../.cache');
const folders = {
  '3.4': { variable: 'MUSTER_ETCD_34', folder: join(cache, 'debian/usr/bin') },
  '3.5': { variable: 'MUSTER_ETCD_35', folder: join(cache, 'debian13/usr/bin') },
} as const;

/**
 * The file of a program of that release: in the folder that MUSTER_ETCD_34 or MUSTER_ETCD_35 names, else where
 * scripts/packages.mjs unpacked it. `undefined` when it is not there.
 */
export function findProgram(name: 'etcd' | 'etcdctl' | 'etcdutl', version: EtcdVersion): string | undefined {
  const { variable, folder } = folders[version];
  const file = join(process.env[variable] ?? folder, name);
  return existsSync(file) ? file : undefined;
}

/** Whether an `etcd` is on PATH, or one of this release is at hand. */
export function hasEtcd(version?: EtcdVersion): boolean {
  if (version !== undefined) return findProgram('etcd', version) !== undefined;
  return spawnSync('etcd', ['--version']).status === 0;
}

export interface RealEtcdOptions {
  /** Left out: whichever is on PATH. */
  readonly version?: EtcdVersion;
  /** More flags. */
  readonly flags?: readonly string[];
  /** What it goes on with, and what stays; left out: an empty folder that is gone after `close`. */
  readonly folder?: string;
}

/** A one-member etcd on free loopback ports; `close` leaves nothing running. */
export async function startEtcd(options: RealEtcdOptions = {}): Promise<RealEtcd> {
  const program = options.version === undefined ? 'etcd' : findProgram('etcd', options.version);
  if (program === undefined) throw new Error(`no etcd ${options.version} here: \`npm test\` unpacks it`);
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'muster-etcd-')));
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const child = spawn(
    program,
    [
      ['--name', 'real', '--data-dir', folder],
      ['--listen-client-urls', url, '--advertise-client-urls', url],
      ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ['--initial-cluster', `real=${peer}`],
      options.flags ?? [],
    ].flat(),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('ready to serve client requests')) {
      child.stderr.resume();
      return { url, close };
    }
  }
  await close();
  throw new Error('etcd ended before it was ready');
}
