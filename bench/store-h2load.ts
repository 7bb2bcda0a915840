// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame } from '../src/etcd/grpc/frame.js';
import { time } from './measure.js';
import type { Load, LoadResult } from './store-load.js';

/** As `runLoad`, by nghttp2's generator: it sends the first message over and over, so one key is hot. */
export async function runH2load(
  load: Load & { readonly until: { readonly seconds: number } },
): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  try {
    const body = join(folder, 'frame');
    await writeFile(body, encodeFrame(load.messages[0] ?? new Uint8Array(0)));
    const shape = [
      '-c',
      String(load.connections),
      '-m',
      String(load.streams),
      '-D',
      String(load.until.seconds),
    ];
    const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
    const url = `http://127.0.0.1:${load.port}${load.path}`;
    return parse((await time('h2load', [...shape, ...headers, '-d', body, url])).stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parse(text: string): LoadResult {
  const perSecond = Number(/, ([\d.]+) req\/s/.exec(text)?.[1]);
  const [, done, failed] = /(\d+) succeeded, (\d+) failed/.exec(text) ?? [];
  if (Number(failed) !== 0) throw new Error(`calls failed:\n${text}`);
  const [, mean, unit] = /time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  const unitMs = { us: 0.001, ms: 1, s: 1000 }[unit ?? ''] ?? Number.NaN;
  return { perSecond, typicalMs: Number(mean) * unitMs, calls: Number(done) };
}
