// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import {
  type Kv,
  keyOf,
  prefixRange,
  textOf,
  type WatchMessage,
  type WatchRequest,
} from '../../src/etcd/index.js';
import type { SuiteContext } from './kv-suite.js';

const put = (kv: Kv, key: string, value: string) => kv.put({ key: keyOf(key), value: keyOf(value) });

/** Reads messages until they hold `count` events; ends the watch. */
async function collect(kv: Kv, request: WatchRequest, count: number, meanwhile?: () => Promise<unknown>) {
  const ended = new AbortController();
  const messages: WatchMessage[] = [];
  try {
    for await (const message of kv.watch(request, ended.signal)) {
      messages.push(message);
      if (message.kind === 'created') await meanwhile?.();
      if (eventsOf(messages).length >= count || message.kind === 'compacted') break;
    }
  } finally {
    ended.abort();
  }
  return messages;
}

function eventsOf(messages: readonly WatchMessage[]) {
  return messages.flatMap((message) => (message.kind === 'events' ? message.events : []));
}

const lines = (messages: readonly WatchMessage[]) =>
  eventsOf(messages).map((one) => `${one.kind} ${textOf(one.kv.key).slice(6)} ${textOf(one.kv.value)}`);

export function watchSuite(context: SuiteContext): void {
  describe('watch', () => {
    test('begins with created, then what comes', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const before = await put(kv, `${prefix}a`, '0');
      const messages = await collect(kv, prefixRange(prefix), 3, async () => {
        await put(kv, `${prefix}a`, '1');
        await put(kv, `${prefix}b`, '2');
        await kv.deleteRange({ key: keyOf(`${prefix}a`) });
      });
      expect(messages[0]).toEqual({ kind: 'created', revision: before.revision });
      expect(lines(messages)).toEqual(['put a 1', 'put b 2', 'delete a ']);
      const last = eventsOf(messages)[2];
      expect(last?.kv).toMatchObject({ modRevision: before.revision + 3, createRevision: 0, version: 0 });
    });

    test('reads history from a revision and goes on live, without a gap', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const first = await put(kv, `${prefix}a`, '1');
      await put(kv, `${prefix}b`, '2');
      await kv.deleteRange(prefixRange(prefix));
      const messages = await collect(kv, { ...prefixRange(prefix), startRevision: first.revision }, 5, () =>
        put(kv, `${prefix}c`, '3'),
      );
      expect(lines(messages)).toEqual(['put a 1', 'put b 2', 'delete a ', 'delete b ', 'put c 3']);
      const revisions = eventsOf(messages).map((one) => one.kv.modRevision - first.revision);
      expect(revisions).toEqual([0, 1, 2, 2, 3]);
    });

    test('all events of a revision come in one message', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const messages = await collect(kv, prefixRange(prefix), 2, () =>
        kv.txn({
          compare: [],
          success: ['b', 'a'].map((name) => ({
            kind: 'put',
            request: { key: keyOf(prefix + name), value: keyOf('x') },
          })),
          failure: [],
        }),
      );
      expect(messages.map((one) => one.kind)).toEqual(['created', 'events']);
      expect(lines(messages)).toEqual(['put b x', 'put a x']);
    });

    test('one key only', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const messages = await collect(kv, { key: keyOf(`${prefix}a`) }, 1, async () => {
        await put(kv, `${prefix}ab`, 'no');
        await put(kv, `${prefix}a`, 'yes');
      });
      expect(lines(messages)).toEqual(['put a yes']);
    });

    test('a start in the future waits for it', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const before = await put(kv, `${prefix}a`, '0');
      const request = { ...prefixRange(prefix), startRevision: before.revision + 2 };
      const messages = await collect(kv, request, 1, async () => {
        await put(kv, `${prefix}a`, '1');
        await put(kv, `${prefix}a`, '2');
      });
      expect(lines(messages)).toEqual(['put a 2']);
    });

    test('prevKv, live and in history', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const previous = (messages: readonly WatchMessage[]) =>
        eventsOf(messages).map((one) => (one.prevKv === undefined ? '-' : textOf(one.prevKv.value)));
      const request = { ...prefixRange(prefix), prevKv: true };
      const write = async () => {
        await put(kv, `${prefix}a`, '1');
        await put(kv, `${prefix}a`, '2');
        await kv.deleteRange(prefixRange(prefix));
        await put(kv, `${prefix}a`, '3');
      };
      const live = await collect(kv, request, 4, write);
      expect(previous(live)).toEqual(['-', '1', '2', '-']);
      const startRevision = eventsOf(live)[1]?.kv.modRevision ?? 0;
      expect(previous(await collect(kv, { ...request, startRevision }, 3))).toEqual(['1', '2', '-']);
    });

    test('filters', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const write = async () => {
        await put(kv, `${prefix}a`, '1');
        await kv.deleteRange(prefixRange(prefix));
        await put(kv, `${prefix}a`, '2');
        await kv.deleteRange(prefixRange(prefix));
      };
      const puts = await collect(kv, { ...prefixRange(prefix), filters: ['no-delete'] }, 2, write);
      expect(lines(puts)).toEqual(['put a 1', 'put a 2']);
      const startRevision = eventsOf(puts)[0]?.kv.modRevision ?? 0;
      const deletes = await collect(kv, { ...prefixRange(prefix), startRevision, filters: ['no-put'] }, 2);
      expect(lines(deletes)).toEqual(['delete a ', 'delete a ']);
    });

    test('a compacted start is said and ends the watch', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const first = await put(kv, `${prefix}a`, '1');
      await put(kv, `${prefix}a`, '2');
      const last = await put(kv, `${prefix}a`, '3');
      await kv.compact(last.revision);
      const request = { ...prefixRange(prefix), startRevision: first.revision };
      const messages = await collect(kv, request, 9);
      expect(messages.at(-1)).toEqual({ kind: 'compacted', compactRevision: last.revision });
      expect(eventsOf(messages)).toEqual([]);
      const from = { ...prefixRange(prefix), startRevision: last.revision };
      expect(lines(await collect(kv, from, 1))).toEqual(['put a 3']);
    });

    test('ends when its signal fires', async () => {
      const kv = context.kv();
      const ended = new AbortController();
      const kinds: string[] = [];
      for await (const message of kv.watch({ key: keyOf(context.prefix()) }, ended.signal)) {
        kinds.push(message.kind);
        ended.abort();
      }
      expect(kinds).toEqual(['created']);
    });

    test('a slow reader misses nothing and sees nothing twice', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const total = 300;
      const write = async () => {
        const value = new Uint8Array(8 * 1024);
        for (let n = 0; n < total; n += 1) await kv.put({ key: keyOf(`${prefix}k`), value });
      };
      const messages = await collect(kv, prefixRange(prefix), total, write);
      expect(eventsOf(messages).map((one) => one.kv.version)).toEqual(
        Array.from({ length: total }, (_, n) => n + 1),
      );
    });
  });
}
