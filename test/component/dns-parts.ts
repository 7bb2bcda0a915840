// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Ran, runProgram } from './etcd-cluster.js';

/** The words that run the program. */
export const muster = [resolve('bin/muster')];

/** A network namespace with a resolv.conf of its own, a folder, and the processes that were started there. */
export interface Namespace {
  readonly folder: string;
  /** To its end, within 20 s. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Resolves once it has said `text`. */
  start(words: readonly string[], text: string): Promise<void>;
  /** Ends its processes too, and leaves nothing behind. */
  close(): Promise<void>;
}

export async function openNamespace(nameServer: string): Promise<Namespace> {
  const name = `mu-${randomBytes(4).toString('hex')}`;
  const settings = join('/etc/netns', name);
  const folder = await mkdtemp(join(tmpdir(), 'muster-netns-'));
  const children: { readonly kill: () => void; readonly closed: Promise<unknown> }[] = [];
  const enter = ['ip', 'netns', 'exec', name];
  const namespace: Namespace = {
    folder,
    run: ([...words], env) => runProgram('ip', [...enter.slice(1), ...words], env),
    async start(words, text) {
      const child = spawn('ip', [...enter.slice(1), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      children.push({ kill: () => void child.kill('SIGKILL'), closed: once(child, 'close') });
      const said: string[] = [];
      await new Promise<void>((resolve, reject) => {
        for (const stream of [child.stdout, child.stderr]) {
          createInterface({ input: stream }).on('line', (line) => {
            said.push(line);
            if (line.includes(text)) resolve();
          });
        }
        child.once('error', reject);
        child.once('close', () => reject(new Error(`it ended: ${said.slice(-8).join('\n')}`)));
      });
    },
    async close() {
      for (const child of children) child.kill();
      await Promise.all(children.map(({ closed }) => closed));
      await runProgram('ip', ['netns', 'del', name]);
      await rm(settings, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await mkdir(settings, { recursive: true });
    await writeFile(join(settings, 'resolv.conf'), `nameserver ${nameServer}\n`);
    for (const words of [
      ['netns', 'add', name],
      ['-n', name, 'link', 'set', 'lo', 'up'],
    ]) {
      const { code, stderr } = await runProgram('ip', words);
      if (code !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
    }
    return namespace;
  } catch (error) {
    await namespace.close();
    throw error;
  }
}
