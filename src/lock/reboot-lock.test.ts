// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { realRandom } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { type Kv, keyOf, textOf } from '../etcd/index.js';
import { memoryKv } from '../etcd/testing.js';
import { freePlaces } from './lock-state.js';
import { openRebootLock } from './reboot-lock.js';
import { semaphoreKeyOf } from './semaphore.js';
import { makeSemaphore } from './stored-lock.js';
import { foreignLock } from './testing.js';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

function openTable(group = '') {
  const clock = manualClock(1_000);
  const kv = memoryKv({ clock });
  opened.push(kv);
  // A pause between two tries is over at once.
  const lock = openRebootLock({ kv, clock: { ...clock, sleep: async () => {} }, random: realRandom });
  return { clock, kv, lock, foreign: foreignLock(kv, group), group };
}

const request = (id: string, waitMs = 60_000) =>
  ({ id, machine: '', bootId: '', face: 'muster', waitMs }) as const;
const open = async () => undefined;
const number = (count: number) => ({ kind: 'number', count }) as const;
const textAt = async (kv: Kv, key: string) => {
  const [found] = (await kv.range({ key: keyOf(key) })).kvs;
  return found && textOf(found.value);
};

describe('one record, three faces', () => {
  test('what muster writes is what locksmith reads', async () => {
    const { kv, lock, foreign } = openTable();
    await makeSemaphore(kv);
    expect(await textAt(kv, semaphoreKeyOf(''))).toBe('{"semaphore":1,"max":1,"holders":null}');
    const given = await lock.acquire('', request('b'), open);
    expect(given).toMatchObject({ kind: 'granted', isNew: true, holder: { id: 'b', since: 1_000 } });
    expect(await textAt(kv, semaphoreKeyOf(''))).toBe('{"semaphore":0,"max":1,"holders":["b"]}');
    expect(await foreign.lock('a')).toBe('none-free');
    expect(await foreign.setMax(2)).toBe('done');
    expect(await foreign.lock('a')).toBe('done');
    expect((await lock.look('')).holders.map(({ id, face }) => [id, face])).toEqual([
      ['a', 'semaphore'],
      ['b', 'muster'],
    ]);
    expect(await lock.acquire('', request('c'), open)).toMatchObject({
      kind: 'refused',
      refusal: { kind: 'full', why: 'no place is free: a, b' },
    });
    expect(await lock.release('', 'a')).toBe(true);
    expect(await foreign.unlock('b')).toBe('done');
    expect(await textAt(kv, semaphoreKeyOf(''))).toBe('{"semaphore":2,"max":2,"holders":[]}');
  });

  test('the fence is the revision of the grant, and outlives every other write', async () => {
    const { kv, lock, foreign } = openTable();
    const given = await lock.acquire('', request('a'), open);
    if (given.kind !== 'granted') throw new Error('not granted');
    const [record] = (await kv.range({ key: keyOf('/_muster_lock/default') })).kvs;
    expect(given.holder.fence).toBe(record?.modRevision);
    await lock.setSlots('', number(3), 0);
    await foreign.lock('z');
    await lock.acquire('', request('b'), open);
    expect((await lock.look('')).holders[0]?.fence).toBe(given.holder.fence);
    expect(await lock.advance('', 'a', given.holder.fence, { phase: 'rebooting' })).toBe(true);
    await foreign.unlock('a');
    expect(await lock.advance('', 'a', given.holder.fence, { phase: 'rebooting' })).toBe(false);
    await lock.acquire('', request('a'), open);
    expect(await lock.advance('', 'a', given.holder.fence, { phase: 'rebooting' })).toBe(false);
  });

  test('to ask again is no second place, and writes nothing', async () => {
    const { kv, lock } = openTable();
    await lock.acquire('', request('a'), open);
    const before = (await kv.range({ key: keyOf('x') })).revision;
    expect(await lock.acquire('', request('a'), open)).toMatchObject({ kind: 'granted', isNew: false });
    expect((await kv.range({ key: keyOf('x') })).revision).toBe(before);
  });

  test('waiting touches the record alone: stock clients hold the index of the semaphore', async () => {
    const { lock, foreign, kv } = openTable();
    await lock.acquire('', request('a'), open);
    const unlock = foreign.unlock('a', async () => {
      await lock.acquire('', request('b'), open);
    });
    expect(await unlock).toBe('done');
    expect(await textAt(kv, '/_muster_lock/default')).toContain('"id":"b"');
  });

  test('a group has keys of its own', async () => {
    const { kv, lock } = openTable();
    await lock.acquire('prod/db', request('a'), open);
    expect(await textAt(kv, semaphoreKeyOf('prod/db'))).toContain('["a"]');
    expect(await lock.acquire('', request('b'), open)).toMatchObject({ kind: 'granted' });
    expect(await lock.groups()).toEqual(['', 'prod/db']);
  });

  test('a semaphore that is none is not overwritten', async () => {
    const { kv, lock } = openTable();
    await kv.put({ key: keyOf(semaphoreKeyOf('')), value: keyOf('hello') });
    await expect(lock.acquire('', request('a'), open)).rejects.toMatchObject({
      code: 'lock/damaged-semaphore',
    });
    expect(await textAt(kv, semaphoreKeyOf(''))).toBe('hello');
  });

  test('a semaphore that was removed is made of the record again', async () => {
    const { kv, lock, foreign } = openTable();
    await lock.acquire('', request('a'), open);
    await kv.deleteRange({ key: keyOf(semaphoreKeyOf('')) });
    expect(await lock.acquire('', request('b'), open)).toMatchObject({ kind: 'refused' });
    expect((await foreign.read())?.holders).toEqual(['a']);
  });

  test('places that another one’s semaphore lacks are not given away until they are set anew', async () => {
    const { kv, lock } = openTable();
    await kv.put({
      key: keyOf(semaphoreKeyOf('')),
      value: keyOf('{"semaphore":0,"max":1,"holders":[]}'),
    });
    expect(await lock.acquire('', request('a'), open)).toMatchObject({ kind: 'refused' });
    await lock.setSlots('', number(1), 0);
    expect(await lock.acquire('', request('a'), open)).toMatchObject({ kind: 'granted' });
  });
});

describe('who goes first', () => {
  test('who came first, as long as he asks', async () => {
    const { clock, lock } = openTable();
    await lock.acquire('', request('a'), open);
    for (const id of ['c', 'b']) await lock.acquire('', request(id), open);
    await lock.release('', 'a');
    expect(await lock.acquire('', request('b'), open)).toMatchObject({ refusal: { kind: 'queue' } });
    expect(await lock.acquire('', request('c'), open)).toMatchObject({ kind: 'granted' });
    await lock.release('', 'c');
    await lock.acquire('', request('d'), open);
    await clock.advance(60_000);
    expect(await lock.acquire('', request('e'), open)).toMatchObject({ kind: 'granted' });
  });

  test('who is refused for another reason stands in nobody’s way', async () => {
    const { lock } = openTable();
    const shut = async () => 'the quorum needs it';
    expect(await lock.acquire('', request('a'), shut)).toMatchObject({ refusal: { kind: 'gate' } });
    expect(await lock.acquire('', request('b'), open)).toMatchObject({ kind: 'granted' });
    expect((await lock.look('')).waiters).toMatchObject([{ id: 'a', reason: 'the quorum needs it' }]);
  });

  test('the gate is asked with those that would hold it, and again when they change', async () => {
    const { lock, foreign } = openTable();
    await lock.setSlots('', number(3), 0);
    const asked: string[][] = [];
    await lock.acquire('', request('a'), async (holders) => {
      asked.push(holders.map(({ id }) => id));
      if (asked.length === 1) await foreign.lock('z');
      return undefined;
    });
    expect(asked).toEqual([['a'], ['a', 'z']]);
  });
});

describe('places', () => {
  test('a pause freezes the semaphore too; a place set by hand ends it', async () => {
    const { lock, foreign } = openTable();
    await lock.setSlots('', number(2), 0);
    await lock.pause('', 'by hand');
    expect(await foreign.lock('a')).toBe('none-free');
    expect(await foreign.read()).toMatchObject({ max: 0 });
    expect(await lock.acquire('', request('b'), open)).toMatchObject({ refusal: { kind: 'paused' } });
    await lock.resume('');
    expect(await foreign.read()).toMatchObject({ semaphore: 2, max: 2 });
    await lock.pause('', 'by hand');
    await foreign.setMax(1);
    expect(await lock.look('')).toMatchObject({ paused: undefined, max: 1 });
  });

  test('a percentage follows the machines', async () => {
    const { lock } = openTable();
    const quarter = { kind: 'percent', percent: 25 } as const;
    expect(await lock.setSlots('', quarter, 9)).toEqual({ before: 1, after: 2 });
    const settings = { windows: [], timeZone: 'UTC', failureBudget: 1 };
    await lock.configure('', settings, undefined, 12);
    expect((await lock.look('')).max).toBe(3);
  });

  test('the cluster file counts when it changes, not over what was set by hand since', async () => {
    const { lock } = openTable();
    const settings = { windows: [], timeZone: 'UTC', failureBudget: 1 };
    await lock.configure('', settings, number(2), 3);
    await lock.setSlots('', number(0), 3);
    await lock.configure('', settings, number(2), 3);
    expect((await lock.look('')).max).toBe(0);
    await lock.configure('', settings, number(1), 3);
    expect((await lock.look('')).max).toBe(1);
  });

  test('no grant outside of a window', async () => {
    const { lock } = openTable();
    // The clock stands at the beginning of Thursday, 1 January 1970.
    const windows = [{ days: [5], startMinute: 0, lengthMinutes: 60 }];
    await lock.configure('', { windows, timeZone: 'UTC', failureBudget: 1 }, undefined, 3);
    expect(await lock.acquire('', request('a'), open)).toMatchObject({
      refusal: { kind: 'window', why: 'the window opens at 1970-01-02T00:00:00.000Z' },
    });
  });

  test('after as many failures as the budget has, it is paused', async () => {
    const { lock } = openTable();
    await lock.configure('', { windows: [], timeZone: 'UTC', failureBudget: 2 }, number(2), 3);
    for (const id of ['a', 'b']) await lock.acquire('', request(id), open);
    const [a, b] = (await lock.look('')).holders;
    const failure = (id: string) => ({ id, machine: `core-${id}`, at: 5, reason: 'it is not back' });
    expect(await lock.fail('', a?.fence ?? 0, failure('a'), true)).toBe(true);
    expect(await lock.look('')).toMatchObject({ paused: undefined, failures: [{ id: 'a' }] });
    expect(await lock.fail('', 1, failure('b'), true)).toBe(false);
    await lock.fail('', b?.fence ?? 0, failure('b'), false);
    const state = await lock.look('');
    expect(state.paused).toBe('the reboot of core-a, core-b went wrong: it is not back');
    expect(state.holders).toMatchObject([{ id: 'b', reason: 'it is not back' }]);
    expect(freePlaces(state)).toBe(-1);
    await lock.resume('');
    expect(await lock.look('')).toMatchObject({ paused: undefined, failures: [] });
  });
});

/** A client of one of the faces, or the bad day of one. */
const moves = fc.record({
  face: fc.constantFrom('muster', 'other-muster', 'foreign', 'torn-foreign'),
  what: fc.constantFrom('acquire', 'acquire', 'release', 'set-max', 'pause', 'resume'),
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  max: fc.integer({ min: -1, max: 4 }),
});

describe('any interleaving', () => {
  test('never gives more places than there are, and loses none that was given', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(moves, { maxLength: 30 }),
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        async (script, scheduler, max) => {
          const clock = manualClock(1_000);
          const plain = memoryKv({ clock });
          const held = new Set<string>();
          const history: { readonly holders: readonly string[]; readonly free: number }[] = [];
          // Every call of every client is one step that the scheduler orders as it likes.
          const kv: Kv = {
            ...plain,
            range: (asked) => scheduler.schedule(Promise.resolve()).then(() => plain.range(asked)),
            txn: (asked) =>
              scheduler.schedule(Promise.resolve()).then(async () => {
                const before = await readBoth(plain);
                const answer = await plain.txn(asked);
                const after = await readBoth(plain);
                if (after === undefined) return answer;
                history.push(after);
                const gained = after.holders.filter((id) => before?.holders.includes(id) !== true);
                // Places may be fewer than holders, because somebody lowered them; nobody comes to them then.
                if (gained.length > 0) expect(after.free).toBeGreaterThanOrEqual(0);
                return answer;
              }),
          };
          const quick = { ...clock, sleep: async () => {} };
          const locks = [0, 1].map(() => openRebootLock({ kv, clock: quick, random: realRandom }));
          const foreign = foreignLock(kv);
          await openRebootLock({ kv: plain, clock, random: realRandom }).setSlots('', number(max), 0);
          const perform = async ({ face, what, id, max: wanted }: (typeof script)[number]) => {
            if (face === 'foreign' || face === 'torn-foreign') {
              if (what === 'acquire') {
                if ((await foreign.lock(id)) === 'done') held.add(id);
              } else if (what === 'release') await foreign.unlock(id);
              else if (what === 'set-max') await foreign.setMax(wanted);
              return;
            }
            const lock = locks[face === 'muster' ? 0 : 1];
            if (lock === undefined) return;
            if (what === 'acquire') {
              const given = await lock.acquire('', request(id), open);
              if (given.kind === 'granted') held.add(id);
            } else if (what === 'release') await lock.release('', id);
            else if (what === 'set-max') await lock.setSlots('', number(wanted), 0);
            else if (what === 'pause') await lock.pause('', 'x');
            else await lock.resume('');
          };
          const running = Promise.all(script.map(perform));
          await scheduler.waitFor(running);
          const wasIn = new Set(history.flatMap(({ holders }) => holders));
          for (const id of held) expect(wasIn).toContain(id);
          const released = new Set<string>(
            script.filter(({ what }) => what === 'release').map(({ id }) => id),
          );
          const last = (await foreignLock(plain).read())?.holders ?? [];
          for (const id of held) if (!released.has(id)) expect(last).toContain(id);
          // Both keys say the same in the end, and the record has nothing that the semaphore has not.
          const lock = openRebootLock({ kv: plain, clock, random: realRandom });
          await lock.describe('', '', {});
          const [state, semaphore] = [await lock.look(''), await foreignLock(plain).read()];
          expect(semaphore?.holders ?? []).toEqual(state.holders.map(({ id }) => id));
          expect(semaphore?.semaphore).toBe(freePlaces(state));
          plain.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});

async function readBoth(kv: Kv) {
  const semaphore = await foreignLock(kv).read();
  return (
    semaphore && { holders: semaphore.holders ?? [], free: semaphore.max - (semaphore.holders ?? []).length }
  );
}
