// SPDX-License-Identifier: Apache-2.0

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kv, keyOf } from '../../src/etcd/index.js';
import { leaseSuite } from './lease-suite.js';
import { rangeSuite } from './range-suite.js';
import { txnSuite } from './txn-suite.js';
import { watchSuite } from './watch-suite.js';

export interface OpenKv {
  readonly kv: Kv;
  close(): Promise<void>;
}

/** What a part of the suite gets: the one `Kv`, and a prefix that no other test has. */
export interface SuiteContext {
  kv(): Kv;
  prefix(): string;
}

/**
 * What every `Kv` does alike. The factory opens a fresh key space once; the tests share it and write under prefixes of
 * their own, so that they hold for a real etcd, too, where revisions go on from test to test.
 */
export function kvSuite(name: string, open: () => Promise<OpenKv>): void {
  describe(name, () => {
    const state: { opened: OpenKv | undefined; tests: number } = { opened: undefined, tests: 0 };
    const context: SuiteContext = {
      kv() {
        if (state.opened === undefined) throw new Error('the key space is not open');
        return state.opened.kv;
      },
      prefix() {
        state.tests += 1;
        return `/t${String(state.tests).padStart(3, '0')}/`;
      },
    };
    beforeAll(async () => {
      state.opened = await open();
    });
    afterAll(() => state.opened?.close());

    test('a fresh key space is at revision 1 and empty', async () => {
      const answer = await context.kv().range({ key: keyOf('\0'), rangeEnd: keyOf('\0') });
      expect(answer).toEqual({ revision: 1, kvs: [], more: false, count: 0 });
    });
    rangeSuite(context);
    txnSuite(context);
    leaseSuite(context);
    watchSuite(context);
  });
}

/** Of the error a promise rejects with; `undefined` when it does not. */
export async function codeOf(pending: Promise<unknown>): Promise<string | undefined> {
  try {
    await pending;
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
