// SPDX-License-Identifier: Apache-2.0

import { type KeyValue, type Kv, keyOf } from '../etcd/index.js';

/** What is there now, if anything, then each put. */
export async function* watchKey(kv: Kv, name: string, signal: AbortSignal): AsyncIterable<KeyValue> {
  const key = keyOf(name);
  const { kvs, revision } = await kv.range({ key });
  yield* kvs;
  const request = { key, startRevision: revision + 1, filters: ['no-delete'] } as const;
  for await (const message of kv.watch(request, signal)) {
    if (message.kind === 'events') yield* message.events.map((event) => event.kv);
  }
}
