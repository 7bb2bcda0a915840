// SPDX-License-Identifier: Apache-2.0

/**
 * Random orders about users, roles and permissions, and random calls as several users, on the store on disk and on real
 * etcd 3.5. A tenth of MUSTER_FUZZ_CALLS (5,000). MUSTER_FUZZ_SEED asks for other calls than the same ones each time:
 * this fuzz is young, and a difference that it finds is to be a finding, not somebody else's broken build.
 */
import { expect, test } from 'vitest';
import { differencesOf } from '../conformance/difference.js';
import { type OpenEndpoints, openEndpoints } from '../conformance/implementations.js';
import { type AuthCall, openSide, performAuth, randomAuthCall } from './auth-calls.js';
import { type SeededRandom, seededRandom } from './seeded-random.js';

const total = Number(process.env.MUSTER_FUZZ_CALLS ?? 5_000) / 10;
const seed = Number(process.env.MUSTER_FUZZ_SEED ?? 77);
const roundLength = 250;

test(`${total} random calls of users, seed ${seed}`, { timeout: 60_000 + total * 60 }, async () => {
  const endpoints = await openEndpoints(['disk', 'etcd 3.5']);
  try {
    const random = seededRandom(seed);
    for (let made = 0; made < total; made += roundLength) {
      const report = await round(endpoints, random, Math.min(roundLength, total - made));
      expect(report, `after ${made} calls of MUSTER_FUZZ_SEED=${seed}`).toBe('');
    }
  } finally {
    await endpoints.close();
  }
});

/** What differed, with the calls that went before; empty when nothing did. */
async function round(endpoints: OpenEndpoints, random: SeededRandom, length: number): Promise<string> {
  const ours = await openSide(endpoints.wire('disk'));
  const etcd = await openSide(endpoints.wire('etcd 3.5'));
  // Whoever logs in first has a token to begin with.
  const calls: AuthCall[] = [
    { kind: 'order', by: '', order: { ...plainOrder, method: 'enable' } },
    { kind: 'login', user: 'root', password: 'root' },
    { kind: 'login', user: 'ann', password: '1' },
  ];
  for (let made = 0; made < length; made += 1) {
    const call = calls[made] ?? randomAuthCall(random, Math.floor(made / 3));
    if (made >= calls.length) calls.push(call);
    const [got, expected] = await Promise.all([performAuth(ours, call), performAuth(etcd, call)]);
    const places = differencesOf(got, expected);
    if (places.length > 0) {
      return ['', ...calls.map((one) => JSON.stringify(one)).slice(-40), ...places].join('\n');
    }
  }
  return '';
}

const plainOrder = { user: '', role: '', password: '', key: '', rangeEnd: '', permType: 0 } as const;
