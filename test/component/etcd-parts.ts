// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { realClock, silentLog } from '../../src/effects/index.js';
import { type Kv, type ServeKvDeps, serveKv } from '../../src/etcd/index.js';
import { type MemoryKv, memoryKv } from '../../src/etcd/testing.js';
import { memberId } from '../../src/model/index.js';
import { findProgram } from '../conformance/real-etcd.js';

const program = findProgram('etcdctl', '3.4');
export const hasEtcdctl = program !== undefined;

/** Stock etcdctl of 3.4; a missing one fails the test that wants it. */
export const etcdctlProgram = program ?? 'etcdctl';

export interface Served {
  readonly kv: MemoryKv;
  readonly url: string;
  close(): Promise<void>;
}

/** The in-memory store behind a port of its own. */
export async function startServed(
  wrap: (kv: Kv) => Kv = (kv) => kv,
  more: Partial<ServeKvDeps> & { readonly port?: number } = {},
): Promise<Served> {
  const kv = memoryKv({ clock: realClock });
  const identity = {
    clusterId: 0xabcn,
    memberId: memberId(0xfedc_ba98_7654_3210n),
    name: 'core-01',
    clientUrls: [],
    peerUrls: ['http://127.0.0.1:2380'],
    version: '3.5.16',
    dbSizeBytes: () => 4_096,
  };
  const deps = { kv: wrap(kv), identity, log: silentLog, ...more };
  const listening = await serveKv(deps, { host: '127.0.0.1', port: more.port ?? 0 });
  return {
    kv,
    url: listening.url,
    async close() {
      kv.close();
      await listening.close();
    },
  };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Stock etcdctl against `url`, with `input` on its standard input. */
export function etcdctl(url: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      etcdctlProgram,
      [`--endpoints=${url}`, '--command-timeout=5s', '--dial-timeout=5s', ...args],
      { env: { ETCDCTL_API: '3' }, timeout: 20_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}
