// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import { Budget } from './budget.js';

it('refuses what does not fit and takes it once something was given back', () => {
  const budget = new Budget(10);
  budget.take(8);
  expect(() => budget.take(3)).toThrow('10 bytes wait on this connection');
  budget.give(1);
  budget.take(3);
  expect(() => budget.take(1)).toThrow();
});

it('lets those wait who come when it is used up', async () => {
  const budget = new Budget(10);
  budget.add(25);
  const order: string[] = [];
  const waited = budget.room()?.then(() => order.push('room'));
  budget.give(15);
  await Promise.resolve();
  expect(order).toEqual([]);
  budget.give(1);
  await waited;
  expect(order).toEqual(['room']);
  expect(budget.room()).toBeUndefined();
});
