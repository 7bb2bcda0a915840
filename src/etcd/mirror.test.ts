// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { manualClock } from '../effects/testing.js';
import { fail } from './errors.js';
import type { Kv } from './kv.js';
import { type MirrorMessage, type MirrorOptions, mirror } from './mirror.js';
import { memoryKv } from './testing.js';
import { keyOf, prefixRange, textOf } from './text.js';

/** A message as one line, to compare whole courses of events. */
function lineOf(message: MirrorMessage): string {
  switch (message.kind) {
    case 'snapshot': {
      const entries = [...message.entries].map(([key, kv]) => `${key}=${textOf(kv.value)}`);
      return `snapshot@${message.revision} ${entries.join(' ')}`.trim();
    }
    case 'changes': {
      const events = message.events.map(({ kind, kv, prevKv }) => {
        const before = prevKv === undefined ? '' : `(was ${textOf(prevKv.value)})`;
        return `${kind} ${textOf(kv.key)}=${textOf(kv.value)}${before}`;
      });
      return `changes@${message.revision} ${events.join(', ')}`;
    }
    case 'away':
      return `away since ${message.since}: ${message.error.code}`;
  }
}

function setUp(options: MirrorOptions & { readonly wrap?: (kv: Kv) => Kv } = {}) {
  const clock = manualClock(1_000);
  const kv = memoryKv({ clock });
  const stop = new AbortController();
  const lines: string[] = [];
  const source = options.wrap === undefined ? kv : options.wrap(kv);
  const run = async () => {
    for await (const message of mirror({ kv: source, clock }, prefixRange('m/'), stop.signal, options)) {
      lines.push(lineOf(message));
    }
  };
  const put = (key: string, value: string) => kv.put({ key: keyOf(key), value: keyOf(value) });
  return { clock, kv, stop, lines, run, put };
}

describe('mirror', () => {
  it('gives what is there and then each change, of its range only', async () => {
    const { clock, kv, stop, lines, run, put } = setUp({ prevKv: true });
    await put('m/a', '1');
    const done = run();
    await clock.advance(0);
    await put('m/a', '2');
    await put('other', 'x');
    await kv.deleteRange({ key: keyOf('m/a') });
    await clock.advance(0);
    stop.abort();
    await done;
    expect(lines).toEqual(['snapshot@2 m/a=1', 'changes@3 put m/a=2(was 1)', 'changes@5 delete m/a=(was 2)']);
    expect(kv.watchCount()).toBe(0);
  });

  it('keeps the changes of one revision together and those of several apart', async () => {
    const { clock, kv, stop, lines, run } = setUp();
    const done = run();
    await clock.advance(0);
    const op = (key: string) => ({ kind: 'put', request: { key: keyOf(key), value: keyOf('1') } }) as const;
    await kv.txn({ compare: [], success: [op('m/a'), op('m/b')], failure: [] });
    await kv.txn({ compare: [], success: [op('m/c')], failure: [] });
    await clock.advance(0);
    stop.abort();
    await done;
    expect(lines.slice(1)).toEqual(['changes@2 put m/a=1, put m/b=1', 'changes@3 put m/c=1']);
  });

  it('splits one message of a store that catches up by revision', async () => {
    const { clock, lines, run, put } = setUp({
      wrap: (kv) => ({
        ...kv,
        async *watch() {
          const { kvs } = await kv.range({ key: keyOf('m/a') });
          const [found] = kvs;
          if (found === undefined) return;
          const later = { ...found, modRevision: found.createRevision };
          const event = { kind: 'put', kv: later } as const;
          yield { kind: 'created', revision: found.modRevision };
          const next = { kind: 'put', kv: { ...found, modRevision: found.modRevision } } as const;
          yield { kind: 'events', revision: found.modRevision, events: [event, event, next] };
          yield { kind: 'cancelled', reason: 'etcdserver: permission denied' };
        },
      }),
    });
    await put('m/a', '1');
    await put('m/a', '2');
    await expect(run()).rejects.toThrow(expect.objectContaining({ code: 'etcd/permission-denied' }));
    expect(lines.slice(1)).toEqual(['changes@2 put m/a=2, put m/a=2', 'changes@3 put m/a=2']);
    expect(clock.sleeping()).toBe(0);
  });

  it('lists page by page at one revision', async () => {
    const { clock, kv, stop, lines, run, put } = setUp({
      pageSize: 2,
      wrap: (inner) => ({
        ...inner,
        // Somebody writes between two pages.
        async range(request) {
          const answer = await inner.range(request);
          await inner.put({ key: keyOf('m/zz'), value: keyOf('new') });
          return answer;
        },
      }),
    });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await put(`m/${name}`, name);
    const done = run();
    await clock.advance(0);
    stop.abort();
    await done;
    expect(lines[0]).toBe('snapshot@6 m/a=a m/b=b m/c=c m/d=d m/e=e');
    expect(lines[1]).toBe('changes@7 put m/zz=new');
    expect(kv.watchCount()).toBe(0);
  });

  it('says once that the store is away, and lists again when it is back', async () => {
    const { clock, kv, stop, lines, run, put } = setUp();
    const done = run();
    await clock.advance(0);
    kv.setAway(true);
    await clock.advance(20_000);
    kv.setAway(false);
    await put('m/a', '1');
    await clock.advance(5_000);
    kv.setAway(true);
    await clock.advance(0);
    stop.abort();
    await done;
    expect(lines).toEqual([
      'snapshot@1',
      'away since 1000: etcd/unavailable',
      'snapshot@2 m/a=1',
      'away since 26000: etcd/unavailable',
    ]);
  });

  it('doubles its pauses up to five seconds, and starts small again after it was connected', async () => {
    const sleeps: number[] = [];
    const { clock, kv, stop, run } = setUp();
    const sleep = clock.sleep;
    clock.sleep = (ms, signal) => {
      sleeps.push(ms);
      return sleep(ms, signal);
    };
    const done = run();
    await clock.advance(0);
    kv.setAway(true);
    await clock.advance(15_000);
    kv.setAway(false);
    await clock.advance(5_000);
    kv.setAway(true);
    await clock.advance(0);
    stop.abort();
    await done;
    expect(sleeps).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 100]);
  });

  it('lists again when the revision it would go on from was compacted', async () => {
    const { clock, kv, stop, lines, run, put } = setUp({
      wrap: (inner) => ({
        ...inner,
        async range(request) {
          const answer = await inner.range(request);
          // The first list is stale before it can be watched from.
          if (answer.revision === 3) {
            await inner.put({ key: keyOf('m/b'), value: keyOf('2') });
            await inner.put({ key: keyOf('m/b'), value: keyOf('3') });
            await inner.compact(5);
          }
          return answer;
        },
      }),
    });
    await put('m/a', '1');
    await put('m/a', '2');
    const done = run();
    await clock.advance(0);
    stop.abort();
    await done;
    expect(lines).toEqual(['snapshot@3 m/a=2', 'snapshot@5 m/a=2 m/b=3']);
    expect(kv.watchCount()).toBe(0);
  });

  it('ends at once when the signal fires while a call hangs', async () => {
    const { clock, stop, lines, run } = setUp({
      wrap: (inner) => ({ ...inner, range: () => new Promise<never>(() => {}) }),
    });
    const done = run();
    await clock.advance(0);
    stop.abort();
    await done;
    expect(lines).toEqual([]);
  });

  it('throws what the store refuses for good', async () => {
    const { run } = setUp({
      wrap: (inner) => ({ ...inner, range: () => Promise.reject(fail('etcd/permission-denied')) }),
    });
    await expect(run()).rejects.toThrow(expect.objectContaining({ code: 'etcd/permission-denied' }));
  });
});
