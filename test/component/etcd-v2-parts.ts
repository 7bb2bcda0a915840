// SPDX-License-Identifier: Apache-2.0

import { type Handler, listen, realClock, silentLog } from '../../src/effects/index.js';
import { type Kv, v2Handler } from '../../src/etcd/index.js';
import { memberId } from '../../src/model/index.js';
import { memoryStore } from '../../src/store/testing.js';

export interface ServedView {
  readonly kv: Kv;
  readonly url: string;
  /** Resolves with the head of the next long poll. */
  nextPoll(): Promise<void>;
  close(): Promise<void>;
}

/** The v2 view of a store in memory, on a port of its own. */
export async function serveView(): Promise<ServedView> {
  const store = await memoryStore({}, { minLeaseTtlSeconds: 1 });
  const polls: (() => void)[] = [];
  const { url, close } = await listenView(store.kv, () => polls.shift()?.());
  return {
    kv: store.kv,
    url,
    nextPoll: () => new Promise((resolve) => polls.push(resolve)),
    async close() {
      await close();
      await store.close();
    },
  };
}

/** The v2 view of any key space. */
export async function listenView(
  kv: Kv,
  onPoll: () => void = () => {},
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const own = { url: '' };
  const id = memberId(0x429b_c2f5_f7b5_bd9bn);
  const handler = v2Handler({
    kv,
    clock: realClock,
    log: silentLog,
    clusterId: 0x48_276a_8f75_b6a8n,
    version: '3.4.23',
    cluster: async () => ({
      leader: id,
      members: [
        { id, name: 'real', peerUrls: ['http://127.0.0.1:2380'], clientUrls: [own.url], isLearner: false },
      ],
    }),
  });
  const observed: Handler = async (request) => {
    const answer = await handler(request);
    if (request.url.includes('wait=true')) onPoll();
    return answer;
  };
  const listening = await listen(observed, { host: '127.0.0.1', port: 0 });
  own.url = listening.url;
  return listening;
}
