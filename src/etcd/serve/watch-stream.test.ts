// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { manualClock } from '../../effects/testing.js';
import { memberId } from '../../model/index.js';
import type { WatchResponse } from '../gen/etcdserverpb/watch.js';
import { MessageQueue } from '../grpc/message-queue.js';
import type { Kv, WatchRequest } from '../kv.js';
import { memoryKv } from '../testing.js';
import { keyOf, prefixRange, textOf } from '../text.js';
import { encodeWatchCreate } from '../wire/watch.js';
import { WatchStream } from './watch-stream.js';

const identity = {
  clusterId: 1n,
  memberId: memberId(2n),
  name: 'a',
  clientUrls: [],
  peerUrls: [],
  version: '3.5.0',
  dbSizeBytes: () => 0,
};

function lineOf(response: WatchResponse): string {
  const flags = [
    response.created ? 'created' : '',
    response.canceled ? 'canceled' : '',
    response.fragment ? 'fragment' : '',
    response.compactRevision > 0 ? `compacted@${response.compactRevision}` : '',
    response.cancelReason,
    ...response.events.map((event) => `${event.type === 1 ? '-' : '+'}${textOf(event.kv?.key ?? keyOf(''))}`),
  ];
  return [`${response.watchId}@${response.header?.revision}`, ...flags.filter(Boolean)].join(' ');
}

function setUp(options: { readonly roomFor?: number; readonly wrap?: (kv: Kv) => Kv } = {}) {
  const clock = manualClock();
  const kv = memoryKv({ clock });
  const out = new MessageQueue<WatchResponse>(options.roomFor ?? 100);
  const stream = new WatchStream({ kv: options.wrap?.(kv) ?? kv, identity, out, authorize: () => {} });
  const lines: string[] = [];
  const read = async () => {
    for await (const response of out) lines.push(lineOf(response));
  };
  const create = (request: WatchRequest, more: { watchId?: bigint; fragment?: boolean } = {}) =>
    stream.create({ ...encodeWatchCreate(request), ...more });
  const put = (key: string, value = 'v') => kv.put({ key: keyOf(key), value: keyOf(value) });
  return { clock, kv, out, stream, lines, read, create, put };
}

describe('WatchStream', () => {
  it('serves many watches on one stream and numbers them', async () => {
    const { clock, kv, stream, lines, read, create, put } = setUp();
    void read();
    await create(prefixRange('a'));
    await create(prefixRange(''), { watchId: 1n });
    await create({ key: keyOf('b'), filters: ['no-put'] });
    await clock.advance(0);
    await put('ab');
    await put('b');
    await kv.deleteRange({ key: keyOf('b') });
    await clock.advance(0);
    expect(lines.slice(0, 3)).toEqual(['0@1 created', '1@1 created', '2@1 created']);
    expect(lines.slice(3).sort()).toEqual(['0@2 +ab', '1@2 +ab', '1@3 +b', '1@4 -b', '2@4 -b']);
    await stream.close();
    expect(kv.watchCount()).toBe(0);
  });

  it('passes over a taken id when it chooses one', async () => {
    const { clock, lines, read, create } = setUp();
    void read();
    await create(prefixRange('a'));
    await create(prefixRange('a'), { watchId: 1n });
    await create(prefixRange('a'));
    await create(prefixRange('a'), { watchId: 1n });
    await clock.advance(0);
    expect(lines.toSorted()).toEqual([
      '-1@1 created canceled mvcc: duplicate watch ID provided on the WatchStream',
      '0@1 created',
      '1@1 created',
      '2@1 created',
    ]);
  });

  it.each([['an empty range', { key: keyOf('b'), rangeEnd: keyOf('a') }, 'mvcc: watcher range is empty']])(
    'refuses %s and goes on',
    async (_, request, reason) => {
      const { clock, lines, read, create } = setUp();
      void read();
      await create(request);
      await create(prefixRange('a'));
      await clock.advance(0);
      expect(lines).toEqual([`-1@1 created canceled ${reason}`, '0@1 created']);
    },
  );

  it('begins in the past, and says so when the past is forgotten', async () => {
    const { clock, kv, lines, read, create, put } = setUp();
    await put('a1');
    await put('a2');
    await put('a3');
    await kv.compact(3);
    void read();
    await create({ ...prefixRange('a'), startRevision: 4 });
    await create({ ...prefixRange('a'), startRevision: 2 });
    await clock.advance(0);
    expect(lines.toSorted()).toEqual(['0@4 +a3', '0@4 created', '1@0 canceled compacted@3', '1@4 created']);
    expect(kv.watchCount()).toBe(1);
  });

  it('takes a start below zero for the very first revision', async () => {
    const { clock, kv, lines, read, create, put } = setUp();
    await put('a1');
    void read();
    await create({ ...prefixRange('a'), startRevision: -1 });
    await clock.advance(0);
    expect(lines).toEqual(['0@2 created', '0@2 +a1']);
    await kv.compact(2);
    await create({ ...prefixRange('a'), startRevision: -5 });
    await clock.advance(0);
    expect(lines.slice(2)).toEqual(['1@2 created', '1@0 canceled compacted@2']);
  });

  it('sends nothing of a watch after its cancellation', async () => {
    const { clock, kv, stream, lines, read, create, put } = setUp();
    void read();
    await create(prefixRange('a'));
    await clock.advance(0);
    const cancelled = stream.cancel(0n);
    await put('a1');
    await cancelled;
    await put('a2');
    await clock.advance(0);
    expect(lines).toEqual(['0@1 created', '0@1 canceled']);
    await stream.cancel(0n);
    await stream.cancel(77n);
    expect(kv.watchCount()).toBe(0);
  });

  it('says created before canceled when both come at once', async () => {
    const { clock, stream, lines, read, create } = setUp();
    void read();
    const created = create(prefixRange('a'));
    const cancelled = stream.cancel(0n);
    await Promise.all([created, cancelled]);
    await clock.advance(0);
    expect(lines).toEqual(['0@1 created', '0@1 canceled']);
  });

  it('answers a progress request after everything before it', async () => {
    const { clock, stream, lines, read, create, put } = setUp();
    await create(prefixRange('a'));
    await create(prefixRange('b'));
    await clock.advance(0);
    await put('a1');
    await put('c');
    stream.requestProgress();
    void read();
    await clock.advance(0);
    expect(lines.at(-1)).toBe('-1@3');
    expect(lines.indexOf('0@2 +a1')).toBeGreaterThan(0);
  });

  it('answers progress with what was surely delivered when the store cannot be asked', async () => {
    const { clock, stream, lines, read, create, put } = setUp({
      wrap: (kv) => ({
        ...kv,
        watch: (request, signal) => ({
          [Symbol.asyncIterator]: () => kv.watch(request, signal)[Symbol.asyncIterator](),
        }),
      }),
    });
    void read();
    await create(prefixRange('a'));
    await create(prefixRange('b'));
    await clock.advance(0);
    await put('a1');
    await clock.advance(0);
    stream.requestProgress();
    await clock.advance(0);
    expect(lines.at(-1)).toBe('-1@1');
  });

  it('cancels the one watch that the store breaks', async () => {
    const { clock, kv, lines, read, create } = setUp();
    void read();
    await create(prefixRange('a'));
    await clock.advance(0);
    kv.setAway(true);
    await clock.advance(0);
    expect(lines.at(-1)).toContain('0@1 canceled etcd cannot be reached');
  });

  it('does not claim progress for a past that it has not delivered', async () => {
    const { clock, stream, lines, read, create, put } = setUp({
      wrap: (kv) => ({
        ...kv,
        watch: (_, signal) => ({
          async *[Symbol.asyncIterator]() {
            const { revision } = await kv.range({ key: keyOf('a') });
            yield { kind: 'created', revision } as const;
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
          },
        }),
      }),
    });
    for (const key of ['a1', 'a2', 'a3']) await put(key);
    void read();
    await create({ ...prefixRange('a'), startRevision: 3 });
    await clock.advance(0);
    stream.requestProgress();
    await clock.advance(0);
    expect(lines).toEqual(['0@4 created', '-1@2']);
    await stream.close();
  });

  it('stops reading from the store while the client does not read', async () => {
    const taken = { count: 0 };
    const { clock, kv, out, create, put } = setUp({
      roomFor: 2,
      wrap: (inner) => ({
        ...inner,
        watch: (request, signal) => ({
          async *[Symbol.asyncIterator]() {
            for await (const message of inner.watch(request, signal)) {
              taken.count += 1;
              yield message;
            }
          },
        }),
      }),
    });
    await create(prefixRange('a'));
    for (let count = 0; count < 50; count += 1) {
      await put(`a${count}`);
      await clock.advance(0);
    }
    expect(taken.count).toBe(2);
    const lines: string[] = [];
    for await (const response of out) {
      lines.push(lineOf(response));
      if (lines.length === 51) break;
    }
    expect(lines).toEqual([
      '0@1 created',
      ...Array.from({ length: 50 }, (_, index) => `0@${index + 2} +a${index}`),
    ]);
    expect(kv.watchCount()).toBe(1);
  });
});
