// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { connect } from '../../src/etcd/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { memoryStore } from '../../src/store/testing.js';
import { kvSuite } from './kv-suite.js';
import { hasEtcd, startEtcd } from './real-etcd.js';

/** A store in a folder that goes with it. */
async function storeOnDisk(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-kv-'));
  const store = await openStore({ clock: realClock, random: realRandom, log: silentLog }, { folder });
  return {
    ...store,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

kvSuite('memory store', () => memoryStore());

kvSuite('store on disk', storeOnDisk);

kvSuite('client of a served store', async () => {
  const store = await storeOnDisk();
  const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
  const kv = connect([url]);
  return {
    kv,
    async close() {
      await kv.close();
      await store.close();
    },
  };
});

for (const version of ['3.4', '3.5'] as const) {
  const name = `client of a real etcd ${version}`;
  if (!hasEtcd(version)) {
    describe.skip(`${name}: not here, \`npm test\` unpacks it`, () => test('skipped', () => {}));
    continue;
  }
  kvSuite(name, async () => {
    const etcd = await startEtcd({ version });
    const kv = connect([etcd.url]);
    return {
      kv,
      async close() {
        await kv.close();
        await etcd.close();
      },
    };
  });
}
