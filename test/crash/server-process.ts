// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// Inside the checkout, so that the packages are found from there.
const bundle = join(import.meta.dirname, '../../node_modules/.cache/muster-tests/store-server.mjs');

/** Makes `store-server.ts` runnable; once, before the first start. */
export async function bundleServer(): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('./store-server.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: bundle,
  });
}

/** Where the server kills itself: at a point of the write path, in its nth commit. */
export interface DeathPoint {
  readonly point: 'decided' | 'writing' | 'committed';
  readonly commit: number;
}

export interface ServerProcess {
  readonly url: string;
  /** SIGKILL; resolves when it is gone, also when it killed itself. */
  kill(): Promise<void>;
  /** Resolves when it is gone. */
  readonly ended: Promise<unknown>;
}

export async function startServer(folder: string, death?: DeathPoint): Promise<ServerProcess> {
  const more = death === undefined ? [] : [death.point, String(death.commit)];
  const child = spawn(process.execPath, [bundle, folder, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^ready (\S+)$/.exec(line) ?? [];
    if (url !== undefined) return { url, kill, ended };
  }
  await kill();
  throw new Error('the server ended before it was ready');
}
