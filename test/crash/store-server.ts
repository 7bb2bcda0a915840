// SPDX-License-Identifier: Apache-2.0

/**
 * Run by the crash tests as a process of its own: serves the store in the folder of its first argument, and says
 * `ready URL`. The second argument names a point of the write path, the third which time it is reached: there the
 * process kills itself, as if the power went. Its log is so small that it is full, and begun anew, all the time.
 */
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { lmdbBackend } from '../../src/store/lmdb-backend.js';
import { type LogFile, openLogFile } from '../../src/store/log/log-file.js';
import { loggedBackend, type Tree } from '../../src/store/log/logged-backend.js';
import { openStoreOn } from '../../src/store/open-store.js';
import type { DeathPoint } from './server-process.js';

const [, , folder = '', deathPoint = '', at = ''] = process.argv;
const sizes = { firstBytes: 16_384, mostBytes: 65_536, batchBytes: 8_192 };

const reached = new Map<string, number>();

function dieAt(point: DeathPoint['point']): void {
  if (point !== deathPoint) return;
  const times = (reached.get(point) ?? 0) + 1;
  reached.set(point, times);
  if (times === Number(at)) process.kill(process.pid, 'SIGKILL');
}

function dyingFile(file: LogFile): LogFile {
  return {
    ...file,
    async write(place, bytes) {
      dieAt('decided');
      if (deathPoint === 'torn' && (reached.get('torn') ?? 0) + 1 === Number(at)) {
        await file.write(place, bytes.subarray(0, bytes.length / 2));
      }
      dieAt('torn');
      const writing = file.write(place, bytes);
      dieAt('writing');
      await writing;
      dieAt('logged');
    },
    async grow(toBytes) {
      await file.grow(toBytes);
      dieAt('grown');
    },
  };
}

function dyingTree(tree: Tree): Tree {
  return {
    ...tree,
    async commit(writes) {
      dieAt('before the tree');
      const committing = tree.commit(writes);
      dieAt('into the tree');
      await committing;
      dieAt('in the tree');
    },
  };
}

const deps = { clock: realClock, random: realRandom, log: silentLog };
const parts = { tree: dyingTree(await lmdbBackend(folder)), file: dyingFile(openLogFile(folder)) };
const store = await openStoreOn(await loggedBackend({ ...parts, folder, sizes }), deps, { folder });
const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
process.stdout.write(`ready ${url}\n`);
