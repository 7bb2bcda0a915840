// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
// Inside the checkout, so that the packages are found from there.
const bundles = join(here, '../../node_modules/.cache/muster-tests');

/** Makes a program beside this file runnable; returns the file to give to node. */
export async function bundleStoreChild(
  name: 'store-child' | 'store-server-child' = 'store-child',
): Promise<string> {
  const bundle = join(bundles, `${name}.mjs`);
  await build({
    entryPoints: [join(here, `${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: bundle,
  });
  return bundle;
}

export interface StoreChild {
  readonly pid: number;
  /** Lines of stdout as they come; ends with the process. */
  readonly lines: AsyncIterable<string>;
  /** Resolves when the process is gone and all it said was taken in. */
  kill(): Promise<void>;
  readonly ended: Promise<number | null>;
}

export function startChild(command: string, args: readonly string[]): StoreChild {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  return {
    pid: child.pid ?? 0,
    lines: createInterface({ input: child.stdout }),
    ended: once(child, 'close').then(([code]) => code),
    kill: () => kill(child),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Runs `use` with a folder that is gone afterwards, whatever happens. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-store-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
