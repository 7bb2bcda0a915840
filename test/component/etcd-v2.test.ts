// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { connect } from '../../src/etcd/index.js';
import { hasEtcd, startEtcd } from '../conformance/real-etcd.js';
import { v2Deviations } from '../conformance/v2-deviations.js';
import { v2Suite } from '../conformance/v2-suite.js';
import { listenView, serveView } from './etcd-v2-parts.js';

v2Suite('the v2 view of a store', serveView);

if (hasEtcd('3.4')) {
  v2Suite('a real etcd 3.4', () => startEtcd({ version: '3.4', flags: ['--enable-v2'] }));

  v2Suite("the v2 view of a real etcd's v3 keys", async () => {
    const etcd = await startEtcd({ version: '3.4' });
    const kv = connect([etcd.url]);
    const view = await listenView(kv);
    return {
      url: view.url,
      async close() {
        await view.close();
        await kv.close();
        await etcd.close();
      },
    };
  });
} else {
  describe.skip('a real etcd 3.4: no `etcd` here, install etcd-server', () => test('skipped', () => {}));
}

test('every deviation is named once, with its reason', () => {
  expect(new Set(v2Deviations.map(({ what }) => what)).size).toBe(v2Deviations.length);
  expect(v2Deviations.filter(({ why }) => why === '')).toEqual([]);
});
