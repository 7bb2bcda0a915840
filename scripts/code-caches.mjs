// SPDX-License-Identifier: Apache-2.0
// Leaves V8 code caches beside the bundles: what a run has compiled goes into them, so each part of the program runs
// once, as it does every day. A machine boots, registers with a store, starts its units and is powered off.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const env = { ...process.env, MUSTER_WRITE_CODE_CACHE: '1' };
/** Where a loopback cannot be used, the program is as good, and starts a little slower. */
const limitMs = 20_000;
const userData = `#cloud-config
coreos:
  etcd2: {listen-client-urls: "http://127.0.0.1:0"}
  units: [{name: fleet.service, command: start}]
`;

export async function writeCodeCaches() {
  execFileSync(process.execPath, ['bin/muster', 'schema'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'muster-build-'));
  const web = createServer((_request, response) => response.end(userData)).listen(0, '127.0.0.1');
  try {
    await once(web, 'listening');
    const urls = `http://127.0.0.1:${await freePort()}`;
    const store = ['store', 'serve', '--data-dir', join(folder, 'store'), '--listen-client-urls', urls];
    await runUntil(store, /"msg":"ready"/, async () => {
      const page = `cloud-config-url=http://127.0.0.1:${web.address().port}/`;
      const words = `${page} muster.name=build muster.etcd=${urls} muster.private_ipv4=127.0.0.1`;
      const machine = ['agent', '--root', join(folder, 'root'), '--command-line', words];
      await runUntil(machine, /"unit":"fleet.service".*"running"/, async () => {});
    });
  } finally {
    web.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs muster until it has said something and the work is done; then it is asked to end, and leaves its cache. */
async function runUntil(args, sign, work) {
  const child = spawn(process.execPath, ['bin/muster', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), limitMs);
  try {
    await Promise.race([said(child, sign), ended]);
    await work();
  } finally {
    child.kill('SIGTERM');
    await ended;
    clearTimeout(late);
  }
}

function said(child, sign) {
  return new Promise((resolve) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        if (sign.test(line)) resolve();
      });
    }
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
