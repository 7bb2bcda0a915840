// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { joined } from './joined.js';

function openWork() {
  const runs: (readonly string[])[] = [];
  const ends: (() => void)[] = [];
  const add = joined(async (items: readonly string[]) => {
    runs.push([...items]);
    await new Promise<void>((resolve) => ends.push(resolve));
    if (items.includes('all fail')) throw new Error('all of them');
    return Promise.allSettled(
      items.map(async (item) => {
        if (item === 'fails') throw new Error('this one');
        return item;
      }),
    );
  });
  return { runs, add, end: () => ends.shift()?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what comes while one run is under way makes the next, together', async () => {
  const { runs, add, end } = openWork();
  const all = [add('a'), add('b')];
  await turn();
  all.push(add('c'));
  await turn();
  all.push(add('d'));
  expect(runs).toEqual([['a', 'b']]);
  end();
  await turn();
  expect(runs).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  end();
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
});

test('one that fails fails alone; a run that fails fails for all of it, and the next begins', async () => {
  const { add, end } = openWork();
  const first = Promise.allSettled([add('a'), add('fails')]);
  await turn();
  end();
  expect(await first).toMatchObject([{ value: 'a' }, { reason: { message: 'this one' } }]);
  const second = Promise.allSettled([add('a'), add('all fail')]);
  await turn();
  const third = add('b');
  end();
  expect(await second).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  await turn();
  end();
  expect(await third).toBe('b');
});
