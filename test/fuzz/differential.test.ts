// SPDX-License-Identifier: Apache-2.0

/**
 * Random calls on the store on disk and on real etcd 3.5 at the same time, whose answers have to be the same.
 * MUSTER_FUZZ_CALLS says how many (5,000), MUSTER_FUZZ_SEED repeats a run.
 */
import { expect, test } from 'vitest';
import { type OpenEndpoints, openEndpoints } from '../conformance/implementations.js';
import { type RandomCall, randomCall } from './random-calls.js';
import { callBoth, headOf, type Pair, resetBoth, runCalls } from './run-calls.js';
import { type SeededRandom, seededRandom } from './seeded-random.js';
import { shrink } from './shrink.js';

const total = Number(process.env.MUSTER_FUZZ_CALLS ?? 5_000);
const seed = Number(process.env.MUSTER_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
/** Both begin empty again after so many, so that what is found comes from few calls. */
const roundLength = 500;

test(`${total} random calls, seed ${seed}`, { timeout: 60_000 + total * 40 }, async () => {
  const endpoints = await openEndpoints(['disk', 'etcd 3.5']);
  try {
    const random = seededRandom(seed);
    for (let made = 0; made < total; made += roundLength) {
      const report = await round(pairOf(endpoints), random, Math.min(roundLength, total - made));
      expect(report, `after ${made} calls of MUSTER_FUZZ_SEED=${seed}`).toBe('');
    }
  } finally {
    await endpoints.close();
  }
});

function pairOf(endpoints: OpenEndpoints): Pair {
  return { ours: endpoints.wire('disk'), etcd: endpoints.wire('etcd 3.5') };
}

/** The text of what differed, with the fewest calls that show it; empty when nothing did. */
async function round(pair: Pair, random: SeededRandom, length: number): Promise<string> {
  const bases = await resetBoth(pair);
  const calls: RandomCall[] = [];
  while (calls.length < length) {
    const head = await headOf(pair.etcd, bases.etcd);
    const call = randomCall(random, head);
    calls.push(call);
    const places = await callBoth(pair, call, bases);
    if (places.length > 0) return render(await smallest(pair, calls), places);
  }
  return '';
}

/** The same calls may behave when they are made again, or one store is gone: then the last ones are all there is. */
async function smallest(pair: Pair, calls: readonly RandomCall[]): Promise<readonly RandomCall[]> {
  const isBad = async (rest: readonly RandomCall[]) => (await runCalls(pair, rest)) !== undefined;
  try {
    if (await isBad(calls)) return await shrink(calls, isBad, AbortSignal.timeout(20_000));
  } catch {
    // Of a store that ended nothing more is to be learned.
  }
  return calls.slice(-30);
}

function render(calls: readonly RandomCall[], places: readonly string[]): string {
  return ['', ...calls.map((call) => JSON.stringify(call)), ...places].join('\n');
}
