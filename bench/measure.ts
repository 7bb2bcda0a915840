// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';

export const program = resolve('bin/muster');

export interface Sample {
  readonly wallMs: number;
  readonly stdout: string;
}

/** Runs a command to its end. @throws when it fails */
export function time(
  command: string,
  args: readonly string[],
  cwd = '.',
  env = environment(),
): Promise<Sample> {
  return new Promise((resolvePromise, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolvePromise({ wallMs: performance.now() - start, stdout });
      else reject(new Error(`${command} ${args.join(' ')}: exit code ${code}\n${stderr}`));
    });
  });
}

/** What both sides of a comparison are started with: extra certificates slow every start of Node.js 20. */
export function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _slow, MUSTER_FILE: _file, ...rest } = process.env;
  return { ...rest, ...extra };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs the contenders in turn, so that a drift of the machine meets all of them alike; returns their samples. */
export async function interleave(
  rounds: number,
  contenders: Readonly<Record<string, () => Promise<number>>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const samples: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const value = await run();
      samples[name] = [...(samples[name] ?? []), value];
    }
  }
  return samples;
}

/** A folder that is destroyed, cluster and all, when the work is done. */
export async function inCluster<T>(work: (folder: string, env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const env = environment({ XDG_STATE_HOME: join(folder, '.state'), MUSTER_BENCH: folder });
  try {
    return await work(folder, env);
  } finally {
    await time(program, ['destroy', '--yes'], folder, env).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

/** Proportional set size in MiB of the processes whose command line holds `text` and that belong to `folder`. */
export async function memoryOf(folder: string, text: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const isMine = (await read('environ')).includes(`MUSTER_BENCH=${folder}`);
      if (!isMine || !(await read('cmdline')).replaceAll('\0', ' ').includes(text)) return [];
      const pss = /^Pss:\s+(\d+) kB/m.exec(await read('smaps_rollup'))?.[1];
      return pss === undefined ? [] : [Number(pss) / 1024];
    }),
  );
  return found.flat();
}

export function describeMachine(): string {
  const [cpu] = cpus();
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}`;
}

export interface ResultRow {
  readonly what: string;
  readonly value: string;
  readonly beside: string;
  readonly ratio: string;
  readonly goal: string;
}

export function printTable(title: string, rows: readonly ResultRow[]): void {
  process.stdout.write(
    `\n## ${title}\n\n| what | measured | beside | ratio | goal |\n|---|---|---|---|---|\n`,
  );
  for (const { what, value, beside, ratio, goal } of rows) {
    process.stdout.write(`| ${what} | ${value} | ${beside} | ${ratio} | ${goal} |\n`);
  }
}

export function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
