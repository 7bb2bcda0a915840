// SPDX-License-Identifier: Apache-2.0
// Leaves V8 code caches beside the bundles: what a run has compiled goes into them, so each part of the program runs
// once, as it does every day. A control process founds a cluster on a machine, which has a stand-in for etcd; then the
// machine is powered off, and `muster up` brings up another.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

/** Where a loopback cannot be used, the program is as good, and starts a little slower. */
const limitMs = 20_000;
const lookMs = 20;

/** Says its version, and never gets as far as to serve. */
const standIn = `#!/bin/sh
[ "$1" != --version ] || exec echo 'etcd Version: 3.5.16'
exec sleep 60
`;

export async function writeCodeCaches() {
  const home = mkdtempSync(join(tmpdir(), 'muster-build-'));
  try {
    muster(home, ['schema'], true);
    const etcd = join(home, 'etcd');
    writeFileSync(etcd, standIn);
    chmodSync(etcd, 0o700);
    await inCluster(home, `store: {kind: etcd, program: ${etcd}}\nmachines: 1\n`, true, async (cluster) => {
      const up = start(cluster, ['up'], false);
      await untilStarted(cluster, 'etcd is started');
      await end(up);
    });
    await inCluster(home, 'machines: 1\n', false, async (cluster) => muster(cluster, ['up'], true));
  } catch (error) {
    process.stderr.write(`warning: the program will start slower: ${error.message}\n`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A control process in the foreground; it and its machines leave their caches at their end, if they are to. */
async function inCluster(home, clusterFile, isWritten, work) {
  const folder = mkdtempSync(join(home, 'cluster-'));
  writeFileSync(join(folder, 'cluster.yaml'), clusterFile);
  const serve = start(folder, ['serve'], isWritten);
  try {
    await Promise.race([said(serve, /"msg":"ready"/), once(serve, 'exit')]);
    await work(folder);
  } finally {
    await end(serve);
    muster(folder, ['destroy', '--yes'], false);
  }
}

function environment(home, isWritten) {
  const { MUSTER_FILE: _file, ...rest } = process.env;
  return { ...rest, XDG_STATE_HOME: join(home, '.state'), MUSTER_WRITE_CODE_CACHE: isWritten ? '1' : '0' };
}

/** Runs it to its end. @throws when it fails */
function muster(home, args, isWritten) {
  execFileSync(process.execPath, [resolveProgram(), ...args], {
    cwd: home,
    env: environment(home, isWritten),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limitMs,
  });
}

function start(home, args, isWritten) {
  return spawn(process.execPath, [resolveProgram(), ...args], {
    cwd: home,
    env: environment(home, isWritten),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function resolveProgram() {
  return join(import.meta.dirname, '../bin/muster');
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const late = new AbortController();
  setTimeout(limitMs, undefined, { signal: late.signal, ref: false }).then(
    () => child.kill('SIGKILL'),
    () => {},
  );
  child.kill('SIGTERM');
  await ended;
  late.abort();
}

function said(child, sign) {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (sign.test(line)) resolve();
    });
  });
}

async function untilStarted(cluster, words) {
  const console = join(cluster, '.muster/machines/core-01/console.log');
  for (const until = Date.now() + limitMs; Date.now() < until; await setTimeout(lookMs)) {
    try {
      if (readFileSync(console, 'utf8').includes(words)) return;
    } catch {
      // It is not powered on yet.
    }
  }
  throw new Error(`no machine has come as far as "${words}"`);
}
