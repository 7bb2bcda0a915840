// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type HttpAnswer, silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { fetchUserData } from './fetch-user-data.js';

const url = 'http://127.0.0.1:7070/user-data';

function answers(list: readonly (number | Error)[]) {
  const left = [...list];
  const asked: number[] = [];
  const clock = manualClock();
  const httpGet = async (): Promise<HttpAnswer> => {
    asked.push(clock.monotonic());
    const next = left.length > 1 ? left.shift() : left[0];
    if (next === undefined || next instanceof Error) throw next;
    return { status: next, headers: {}, body: Buffer.from('#cloud-config\n') };
  };
  return { asked, clock, deps: { httpGet, clock, log: silentLog } };
}

test('a server that is away is waited for, ever longer', async () => {
  const { asked, clock, deps } = answers([new Error('ECONNREFUSED'), 503, 302, new Error('x'), 200]);
  const body = fetchUserData(deps, url, new AbortController().signal);
  await clock.advance(10_000);
  expect(Buffer.from((await body) ?? []).toString()).toBe('#cloud-config\n');
  expect(asked).toEqual([0, 50, 150, 350, 750]);
});

test('the pause is never longer than five seconds', async () => {
  const { asked, clock, deps } = answers([503]);
  const stop = new AbortController();
  const body = fetchUserData(deps, url, stop.signal);
  await clock.advance(60_000);
  stop.abort();
  expect(await body).toBeUndefined();
  expect((asked.at(-1) ?? 0) - (asked.at(-2) ?? 0)).toBe(5_000);
  expect(clock.sleeping()).toBe(0);
});

test('with a limit it gives up, and says why', async () => {
  const { asked, clock, deps } = answers([503]);
  const body = fetchUserData(deps, url, new AbortController().signal, { tries: 15 });
  const refused = expect(body).rejects.toMatchObject({
    code: 'agent/user-data-unreachable',
    message: `cannot fetch user-data from "${url}": status 503, 15 times`,
  });
  await clock.advance(60_000);
  await refused;
  expect(asked).toHaveLength(15);
  expect(clock.sleeping()).toBe(0);
});

test.each([404, 403, 410])('status %i ends it at once', async (status) => {
  const { deps, asked } = answers([status]);
  await expect(fetchUserData(deps, url, new AbortController().signal)).rejects.toMatchObject({
    code: 'agent/user-data-refused',
    details: { url, status },
  });
  expect(asked).toHaveLength(1);
});

test('only http is fetched', async () => {
  const { deps } = answers([200]);
  await expect(fetchUserData(deps, 'file:///etc/passwd', new AbortController().signal)).rejects.toMatchObject(
    {
      code: 'agent/user-data-url',
    },
  );
});
