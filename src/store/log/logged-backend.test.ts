// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Backend, Write } from '../backend.js';
import { fail } from '../errors.js';
import { encodeFrame } from './frame.js';
import { loggedBackend } from './logged-backend.js';
import { markKey } from './mark.js';
import { type SimulatedDisk, simulatedDisk } from './simulated-disk.js';

/** So small that it is full, grows and begins anew all the time. */
const sizes = { firstBytes: 256, mostBytes: 1024, batchBytes: 500 };
const everything = [Uint8Array.of(0), Uint8Array.of(0xff, 0xff)] as const;
const diskFull = () => fail('store/disk-full', { folder: 'simulated' });

const open = (disk: SimulatedDisk) => loggedBackend({ ...disk.open(), folder: 'simulated', sizes });
const put = (key: string, value: string): Write => ({
  kind: 'put',
  key: Buffer.from(key),
  value: Buffer.from(value),
});
const remove = (key: string): Write => ({ kind: 'remove', key: Buffer.from(key) });

type State = Readonly<Record<string, string>>;

function stateOf(backend: Pick<Backend, 'scan'>): State {
  const found: Record<string, string> = {};
  backend.scan(...everything, (key, value) => {
    found[Buffer.from(key).toString()] = Buffer.from(value).toString();
    return true;
  });
  expect(Object.keys(found)).toEqual(Object.keys(found).toSorted());
  return found;
}

function after(state: State, writes: readonly Write[]): State {
  const entries = new Map(Object.entries(state));
  for (const write of writes) {
    const key = Buffer.from(write.key).toString();
    if (write.kind === 'put') entries.set(key, Buffer.from(write.value).toString());
    else entries.delete(key);
  }
  return Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const write = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(key, fc.string({ maxLength: 90 })).map(([k, v]) => put(k, v)) },
  { weight: 1, arbitrary: key.map(remove) },
);
const group = fc.array(write, { minLength: 1, maxLength: 4 });

type Step =
  | { readonly kind: 'commit'; readonly writes: readonly Write[] }
  | { readonly kind: 'flush' | 'defragment' | 'reopen' | 'full' | 'heal' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: group.map((writes) => ({ kind: 'commit' as const, writes })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('flush', 'defragment', 'reopen', 'full', 'heal').map((kind) => ({ kind })),
  },
);

describe('a log before a tree', () => {
  test('holds what a plain map would, whatever is done', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const disk = simulatedDisk(diskFull);
        const now: { backend: Backend; state: State } = { backend: await open(disk), state: {} };
        for (const one of steps) {
          await play(disk, now, one);
          expect(stateOf(now.backend)).toEqual(now.state);
          expect(now.backend.entryCount()).toBe(Object.keys(now.state).length);
          for (const name of ['a', 'f']) {
            expect(now.backend.get(Buffer.from(name))?.toString()).toBe(now.state[name]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('after a power failure in any step: what was answered, or one group more', async () => {
    const crash = fc.record({
      groups: fc.array(group, { minLength: 1, maxLength: 25 }),
      step: fc.integer({ min: 1, max: 30 }),
      percent: fc.integer({ min: 0, max: 100 }),
      picks: fc.infiniteStream(fc.nat(99)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { minLength: 1, maxLength: 6 }), async (crashes) => {
        const disk = simulatedDisk(diskFull);
        let state: State = {};
        for (const { groups, step: at, percent, picks } of crashes) {
          const backend = await open(disk);
          const gone = disk.failPower(at, percent, () => picks.next().value ?? 0);
          const { answered, next } = await commitAll(backend, gone, state, groups);
          const found = stateOf(await open(disk));
          expect([answered, next]).toContainEqual(found);
          state = found;
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a failure', () => {
  const filled = async () => {
    const disk = simulatedDisk(diskFull);
    const backend = await open(disk);
    for (const name of ['a', 'b', 'c', 'd']) await backend.commit([put(name, '1')]);
    return { disk, backend };
  };

  test('of a write to the log ends all writing, and reading goes on', async () => {
    const { disk, backend } = await filled();
    disk.failWrite();
    for (const name of ['e', 'f']) {
      await expect(backend.commit([put(name, '1')])).rejects.toMatchObject({ code: 'store/write-failed' });
    }
    expect(stateOf(backend)).toEqual({ a: '1', b: '1', c: '1', d: '1' });
  });

  test('of a commit of the tree ends all writing too, and the log keeps what waits', async () => {
    const disk = simulatedDisk(diskFull);
    const { tree, file } = disk.open();
    const failed = fail('store/write-failed', { folder: 'simulated', reason: 'input/output error' });
    const commit = vi.fn(tree.commit);
    const backend = await loggedBackend({ tree: { ...tree, commit }, file, folder: 'simulated', sizes });
    for (const name of ['a', 'b']) await backend.commit([put(name, '1')]);
    commit.mockRejectedValueOnce(failed);
    await expect(backend.flush()).rejects.toBe(failed);
    const commits = commit.mock.calls.length;
    await expect(backend.commit([put('c', '1')])).rejects.toBe(failed);
    await expect(backend.flush()).rejects.toBe(failed);
    await backend.close();
    expect(commit).toHaveBeenCalledTimes(commits);
    expect(stateOf(await open(disk))).toEqual({ a: '1', b: '1' });
  });

  test('for want of room is told before anything is written', async () => {
    const { disk, backend } = await filled();
    disk.fill();
    const before = Buffer.from(disk.log());
    await expect(backend.commit([put('e', '1')])).rejects.toMatchObject({ code: 'store/disk-full' });
    expect(disk.log()).toEqual(before);
    await backend.close();
    const again = await open(disk);
    expect(stateOf(again)).toEqual({ a: '1', b: '1', c: '1', d: '1' });
    await expect(again.commit([put('e', '1')])).rejects.toMatchObject({ code: 'store/disk-full' });
    disk.heal();
    await again.commit([put('e', '2')]);
    expect(stateOf(again)).toEqual({ a: '1', b: '1', c: '1', d: '1', e: '2' });
  });

  test.for<[string, (disk: SimulatedDisk) => void, string]>([
    ['damage before whole frames', (disk) => disk.log().fill(0, 0, 8), 'damaged at byte 0'],
    ['a log that is cut off', (disk) => disk.cut(100), 'cut off after 100 bytes'],
    ['a log that is gone', (disk) => disk.cut(0), 'missing'],
  ])('after a crash: %s is refused', async ([, damage, reason]) => {
    const { disk } = await filled();
    damage(disk);
    const opening = open(disk);
    await expect(opening).rejects.toMatchObject({ code: 'store/corrupt' });
    await expect(opening).rejects.toThrow(reason);
  });

  test.for<[string, (disk: SimulatedDisk) => void]>([
    ['a log of zeros', (disk) => disk.log().fill(0)],
    [
      'a log of another store',
      (disk) => disk.log().set(encodeFrame({ run: 1n, number: 1 }, [put('x', '1')])),
    ],
  ])('in the place of a log that the tree has come to know, %s is refused', async ([, exchange]) => {
    const { disk, backend } = await filled();
    await backend.flush();
    await backend.commit([put('e', '1')]);
    exchange(disk);
    const opening = open(disk);
    await expect(opening).rejects.toMatchObject({ code: 'store/corrupt' });
    await expect(opening).rejects.toThrow('its log is another one');
  });

  test('an error of reading says nothing of the store', async () => {
    const { disk } = await filled();
    const { tree, file } = disk.open();
    const broken = Object.assign(new Error('EIO'), { syscall: 'read' });
    const unreadable = { ...file, read: () => Promise.reject(broken) };
    await expect(loggedBackend({ tree, file: unreadable, folder: 'simulated', sizes })).rejects.toBe(broken);
  });

  test('a log of a later version is refused', async () => {
    const { disk } = await filled();
    const { tree } = disk.open();
    await tree.commit([{ kind: 'put', key: markKey, value: Buffer.from('muster-log-2 and more') }]);
    await expect(open(disk)).rejects.toMatchObject({ code: 'store/corrupt' });
    await expect(open(disk)).rejects.toThrow('muster-log-2');
  });
});

test('a view stays as it was, while writes go on and reach the tree', async () => {
  const backend = await open(simulatedDisk(diskFull));
  for (const name of ['a', 'b', 'c']) await backend.commit([put(name, '1')]);
  const view = backend.view();
  await backend.commit([put('a', '2'), remove('b'), put('d', '1')]);
  expect(stateOf(view)).toEqual({ a: '1', b: '1', c: '1' });
  view.close();
});

test('after a close nothing is left in the log, and a store without one is taken over', async () => {
  const disk = simulatedDisk(diskFull);
  const { tree } = disk.open();
  await tree.commit([put('a', 'old')]);
  const backend = await open(disk);
  await backend.commit([put('b', '1')]);
  await backend.commit([put('c', '1')]);
  await backend.close();
  disk.cut(0);
  expect(tree.get(markKey)).toBeUndefined();
  expect(stateOf(tree)).toEqual({ a: 'old', b: '1', c: '1' });
});

async function play(disk: SimulatedDisk, now: { backend: Backend; state: State }, one: Step): Promise<void> {
  switch (one.kind) {
    case 'commit': {
      const outcome = await now.backend.commit(one.writes).catch((error) => error);
      if (outcome === undefined) now.state = after(now.state, one.writes);
      else expect(outcome).toMatchObject({ code: 'store/disk-full' });
      return;
    }
    case 'flush':
    case 'defragment':
      await now.backend[one.kind]().catch((error) =>
        expect(error).toMatchObject({ code: 'store/disk-full' }),
      );
      return;
    case 'reopen':
      await now.backend.close();
      now.backend = await open(disk);
      return;
    case 'full':
      return disk.fill();
    case 'heal':
      return disk.heal();
  }
}

/** Until the power fails; `next` is what would be there if the one under way was done. */
async function commitAll(
  backend: Backend,
  gone: Promise<void>,
  from: State,
  groups: readonly (readonly Write[])[],
) {
  let answered = from;
  for (const writes of groups) {
    const next = after(answered, writes);
    const isAnswered = await Promise.race([backend.commit(writes).then(() => true), gone.then(() => false)]);
    if (!isAnswered) return { answered, next };
    answered = next;
  }
  return { answered, next: answered };
}
