// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import type { LeaseId } from '../model/index.js';
import { fail } from './errors.js';
import { holdLease, leaveLease } from './hold-lease.js';
import type { Kv } from './kv.js';
import { memoryKv } from './testing.js';
import { keyOf } from './text.js';

function setUp(wrap: (kv: Kv) => Kv = (kv) => kv) {
  const clock = manualClock();
  const kv = memoryKv({ clock });
  const stop = new AbortController();
  const seen: string[] = [];
  const ids: LeaseId[] = [];
  /** Held until lost, as an agent does its work. */
  const untilLost = (id: LeaseId, lost: AbortSignal) =>
    new Promise<void>((resolve) => {
      ids.push(id);
      seen.push(`held at ${clock.monotonic()}`);
      lost.addEventListener('abort', () => {
        seen.push(`lost at ${clock.monotonic()}`);
        resolve();
      });
    });
  const deps = { kv: wrap(kv), clock, log: silentLog };
  return { clock, kv, stop, seen, ids, untilLost, deps };
}

describe('holdLease', () => {
  it('keeps the lease far beyond its TTL and revokes it at the end', async () => {
    const { clock, kv, stop, seen, ids, untilLost, deps } = setUp();
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(0);
    await kv.put({ key: keyOf('a'), value: keyOf('1'), lease: ids[0] as LeaseId });
    await clock.advance(100_000);
    expect(await kv.leases()).toEqual(ids);
    stop.abort();
    await done;
    expect(seen).toEqual(['held at 0', 'lost at 100000']);
    expect(await kv.leases()).toEqual([]);
    expect((await kv.range({ key: keyOf('a') })).count).toBe(0);
    expect(clock.sleeping()).toBe(0);
  });

  it('leaves the lease to a holder that comes back', async () => {
    const { clock, kv, stop, ids, untilLost, deps } = setUp();
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(1_000);
    stop.abort(leaveLease);
    await done;
    expect(await kv.leases()).toEqual(ids);
  });

  it('renews every third of the TTL', async () => {
    const renewals: number[] = [];
    const { clock, stop, untilLost, deps } = setUp((kv) => ({
      ...kv,
      keepAlive: (id) => {
        renewals.push(clock.monotonic());
        return kv.keepAlive(id);
      },
    }));
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(9_500);
    stop.abort();
    await done;
    expect(renewals).toEqual([3_000, 6_000, 9_000]);
  });

  it('fires lost and takes a new lease when somebody revoked the old one', async () => {
    const { clock, kv, stop, seen, ids, untilLost, deps } = setUp();
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(4_000);
    await kv.revokeLease(ids[0] as LeaseId);
    await clock.advance(4_000);
    expect(seen).toEqual(['held at 0', 'lost at 6000', 'held at 6000']);
    expect(ids[1]).not.toBe(ids[0]);
    stop.abort();
    await done;
  });

  it('keeps a lease through an absence shorter than its TTL', async () => {
    const { clock, kv, stop, seen, untilLost, deps } = setUp();
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(5_000);
    kv.setAway(true);
    await clock.advance(5_500);
    kv.setAway(false);
    await clock.advance(20_000);
    expect(seen).toEqual(['held at 0']);
    stop.abort();
    await done;
  });

  it('fires lost when the TTL has run out by its own clock, and takes a new one when the store is back', async () => {
    const { clock, kv, stop, seen, untilLost, deps } = setUp();
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(5_000);
    kv.setAway(true);
    await clock.advance(30_000);
    // Renewed at 3 s for the last time.
    expect(seen).toEqual(['held at 0', 'lost at 12000']);
    kv.setAway(false);
    await clock.advance(5_000);
    expect(seen).toHaveLength(3);
    stop.abort();
    await done;
  });

  it('fires lost in time when the store hangs without an answer', async () => {
    const { clock, kv, stop, seen, untilLost, deps } = setUp();
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(4_000);
    kv.setHanging(true);
    await clock.advance(20_000);
    expect(seen).toEqual(['held at 0', 'lost at 12000']);
    kv.setHanging(false);
    stop.abort();
    await Promise.race([done, clock.advance(10_000)]);
  });

  it('counts the TTL from when the request was sent, not from a late answer', async () => {
    const { clock, kv, stop, seen, untilLost, deps } = setUp((inner) => ({
      ...inner,
      grantLease: async (ttlSeconds) => {
        const granted = await inner.grantLease(ttlSeconds);
        await clock.sleep(2_000);
        return granted;
      },
    }));
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(2_000);
    kv.setAway(true);
    await clock.advance(20_000);
    expect(seen).toEqual(['held at 2000', 'lost at 9000']);
    stop.abort();
    await done;
  });

  it('waits for the old work to end before it begins anew', async () => {
    const { clock, kv, stop, deps } = setUp();
    const course: string[] = [];
    const done = holdLease(
      deps,
      9,
      async (id, lost) => {
        course.push('begin');
        if (course.length === 1) await kv.revokeLease(id);
        await new Promise<void>((resolve) => lost.addEventListener('abort', () => resolve()));
        await clock.sleep(1_000);
        course.push('end');
      },
      stop.signal,
    );
    await clock.advance(3_500);
    expect(course).toEqual(['begin']);
    await clock.advance(1_000);
    expect(course).toEqual(['begin', 'end', 'begin']);
    stop.abort();
    await clock.advance(1_000);
    await done;
    expect(course.at(-1)).toBe('end');
  });

  it('keeps the lease when the work is done early', async () => {
    const { clock, kv, stop, deps } = setUp();
    const done = holdLease(deps, 9, async () => {}, stop.signal);
    await clock.advance(60_000);
    expect(await kv.leases()).toHaveLength(1);
    stop.abort();
    await done;
    expect(await kv.leases()).toEqual([]);
  });

  it('gives the lease back and throws when the work fails', async () => {
    const { kv, stop, deps } = setUp();
    const work = async () => {
      throw new Error('a defect');
    };
    await expect(holdLease(deps, 9, work, stop.signal)).rejects.toThrow('a defect');
    expect(await kv.leases()).toEqual([]);
  });

  it('begins anew when the work failed only because the store was away', async () => {
    const { clock, kv, stop, deps } = setUp();
    let tries = 0;
    const work = async () => {
      tries += 1;
      if (tries < 3) throw fail('etcd/unavailable', { reason: 'for a moment' });
    };
    const done = holdLease(deps, 9, work, stop.signal);
    await clock.advance(1_000);
    expect(tries).toBe(3);
    expect(await kv.leases()).toHaveLength(1);
    stop.abort();
    await done;
  });

  it('throws when the store refuses the lease for good', async () => {
    const { stop, untilLost, deps } = setUp((kv) => ({
      ...kv,
      grantLease: () => Promise.reject(fail('etcd/lease-ttl-too-large')),
    }));
    await expect(holdLease(deps, 9, untilLost, stop.signal)).rejects.toThrow(
      expect.objectContaining({ code: 'etcd/lease-ttl-too-large' }),
    );
  });

  it('ends in bounded time when the store cannot be reached for the revocation', async () => {
    const { clock, stop, untilLost, deps } = setUp((kv) => ({
      ...kv,
      revokeLease: () => new Promise<never>(() => {}),
    }));
    const done = holdLease(deps, 9, untilLost, stop.signal);
    await clock.advance(0);
    stop.abort();
    await clock.advance(2_000);
    await done;
  });

  it('asks for nothing when the signal fired before', async () => {
    const { kv, seen, untilLost, deps } = setUp();
    await holdLease(deps, 9, untilLost, AbortSignal.abort());
    expect(seen).toEqual([]);
    expect(await kv.leases()).toEqual([]);
  });
});
