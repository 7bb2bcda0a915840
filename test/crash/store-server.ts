// SPDX-License-Identifier: Apache-2.0

/**
 * Run by the crash tests as a process of its own: serves the store in the folder of its first argument, and says
 * `ready URL`. The second argument names a point of the write path, the third a commit: there the process kills
 * itself, as if the power went.
 */
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import type { Backend } from '../../src/store/backend.js';
import { lmdbBackend } from '../../src/store/lmdb-backend.js';
import { openStoreOn } from '../../src/store/open-store.js';

const [, , folder = '', point = '', at = ''] = process.argv;

/** `decided`: nothing went to the disk; `writing`: the commit is under way; `committed`: nobody was answered. */
function dyingBackend(backend: Backend): Backend {
  const state = { commits: 0 };
  const die = () => process.kill(process.pid, 'SIGKILL');
  return {
    ...backend,
    async commit(writes) {
      state.commits += 1;
      const isLast = state.commits === Number(at);
      if (isLast && point === 'decided') die();
      const committing = backend.commit(writes);
      if (isLast && point === 'writing') die();
      await committing;
      if (isLast && point === 'committed') die();
    },
  };
}

const deps = { clock: realClock, random: realRandom, log: silentLog };
const store = await openStoreOn(dyingBackend(await lmdbBackend(folder)), deps, { folder });
const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
process.stdout.write(`ready ${url}\n`);
