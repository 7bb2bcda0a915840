// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import { MessageQueue } from './message-queue.js';

async function collect<T>(queue: MessageQueue<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of queue) seen.push(item);
  return seen;
}

it('gives items in order, also those pushed while the reader waits', async () => {
  const queue = new MessageQueue<number>(10);
  queue.push(1);
  const reading = collect(queue);
  queue.push(2);
  await Promise.resolve();
  queue.push(3);
  queue.finish();
  expect(await reading).toEqual([1, 2, 3]);
});

it('gives what was pushed before it throws the failure', async () => {
  const queue = new MessageQueue<number>(10);
  queue.push(1);
  queue.fail(new Error('gone'));
  queue.push(2);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const item of queue) seen.push(item);
  })();
  await expect(reading).rejects.toThrow('gone');
  expect(seen).toEqual([1]);
});

it('asks the writer to wait until the reader has caught up', async () => {
  const queue = new MessageQueue<number>(2);
  expect(queue.push(1)).toBe(true);
  expect(queue.push(2)).toBe(false);
  const order: string[] = [];
  const waiting = queue.room().then(() => order.push('room'));
  const reader = queue[Symbol.asyncIterator]();
  order.push('read');
  expect(await reader.next()).toEqual({ done: false, value: 1 });
  await waiting;
  expect(order).toEqual(['read', 'room']);
});

it('lets waiting writers go when the reader leaves', async () => {
  const queue = new MessageQueue<number>(1);
  queue.push(1);
  for await (const _ of queue) {
    queue.push(2);
    break;
  }
  await queue.room();
  expect(queue.push(3)).toBe(true);
});
