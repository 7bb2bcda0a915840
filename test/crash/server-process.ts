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

/**
 * Points of the write path. Of the log: nothing went to it; half of a frame is there; the write is under way; nobody
 * was answered; it was made larger. Of the tree, which gets what waits in the log, or begins the log anew: before it,
 * under way, and not known of yet.
 */
export const deathPoints = [
  'decided',
  'torn',
  'writing',
  'logged',
  'before the tree',
  'into the tree',
  'in the tree',
  'grown',
] as const;

/** Where the server kills itself: when it reaches the point the nth time. */
export interface DeathPoint {
  readonly point: (typeof deathPoints)[number];
  readonly time: number;
}

export interface ServerProcess {
  readonly url: string;
  /** SIGKILL; resolves when it is gone, also when it killed itself. */
  kill(): Promise<void>;
  /** Resolves when it is gone. */
  readonly ended: Promise<unknown>;
}

/** @throws when it ends before it is ready */
export async function startServer(folder: string, death?: DeathPoint): Promise<ServerProcess> {
  const more = death === undefined ? [] : [death.point, String(death.time)];
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
