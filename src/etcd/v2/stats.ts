// SPDX-License-Identifier: Apache-2.0

import type { KeyRequest } from './key-request.js';

/** What this handler was asked, in the order etcd shows it. Each pair: answered, refused. */
const pairs = {
  get: ['getsSuccess', 'getsFail'],
  set: ['setsSuccess', 'setsFail'],
  delete: ['deleteSuccess', 'deleteFail'],
  update: ['updateSuccess', 'updateFail'],
  create: ['createSuccess', 'createFail'],
  compareAndSwap: ['compareAndSwapSuccess', 'compareAndSwapFail'],
  compareAndDelete: ['compareAndDeleteSuccess', 'compareAndDeleteFail'],
} as const;

type Counted = keyof typeof pairs;

/** Counts since the handler was made; expiries are the store's and stay 0. */
export class StoreStats {
  private readonly counts = new Map<string, number>();
  private watching = 0;

  count(what: Counted, isDone: boolean): void {
    const name = pairs[what][isDone ? 0 : 1];
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  countWrite(method: string, request: KeyRequest, isDone: boolean): void {
    this.count(kindOf(method, request), isDone);
  }

  watchers(change: 1 | -1): void {
    this.watching += change;
  }

  render(): string {
    const counted = Object.values(pairs)
      .flat()
      .map((name) => `"${name}":${this.counts.get(name) ?? 0}`);
    return `{${[...counted, '"expireCount":0', `"watchers":${this.watching}`].join(',')}}`;
  }
}

function kindOf(method: string, { prevExist, prevIndex, prevValue }: KeyRequest): Counted {
  const isCompared = prevIndex > 0 || prevValue !== '';
  if (method === 'DELETE') return isCompared ? 'compareAndDelete' : 'delete';
  if (method === 'POST' || prevExist === false) return 'create';
  if (isCompared) return 'compareAndSwap';
  return prevExist === true ? 'update' : 'set';
}
