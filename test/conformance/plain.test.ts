// SPDX-License-Identifier: Apache-2.0

/** What the client port answers over plain HTTP apart from its gateway: ours beside real etcd 3.5, whose release ours tells. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenEndpoints, openEndpoints } from './implementations.js';

const all = ['etcd 3.5', 'disk'] as const;
const parts: { endpoints: OpenEndpoints | undefined } = { endpoints: undefined };

beforeAll(async () => {
  parts.endpoints = await openEndpoints(all);
});
afterAll(() => parts.endpoints?.close());

const methods = ['GET', 'HEAD', 'POST', 'OPTIONS'] as const;
const checks = [
  '/health',
  '/health?serializable=true',
  '/health?serializable=false',
  '/health?exclude=NOSPACE',
  '/health?exclude=CORRUPT',
  '/health?exclude=NOSPACE&exclude=CORRUPT',
  '/health/',
  '/livez',
  '/livez/serializable_read',
  '/livez?verbose',
  '/readyz',
  '/readyz?verbose',
  '/readyz/data_corruption',
  '/readyz/serializable_read',
  '/readyz/linearizable_read',
  '/readyz/nothing',
  '/readyz?exclude=data_corruption&verbose',
  '/livez/data_corruption',
] as const;

async function ask(url: string, method: string, path: string) {
  const response = await fetch(`${url}${path}`, { method, redirect: 'manual' });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    allow: response.headers.get('allow'),
    sniff: response.headers.get('x-content-type-options'),
    origin: response.headers.get('access-control-allow-origin'),
    // Checks are listed in any order.
    body: (await response.text()).split('\n').toSorted(),
  };
}

async function expectSame(method: string, path: string): Promise<void> {
  const [expected, got] = await Promise.all(
    all.map((name) => ask(parts.endpoints?.url(name) ?? '', method, path)),
  );
  expect({ path, ...got }).toEqual({ path, ...expected });
}

async function setAlarm(action: 'ACTIVATE' | 'DEACTIVATE', alarm: string): Promise<void> {
  for (const name of all) {
    const url = `${parts.endpoints?.url(name)}/v3/maintenance/alarm`;
    await fetch(url, { method: 'POST', body: JSON.stringify({ action, alarm }) });
  }
}

test.each(checks)('%s', async (path) => {
  for (const method of methods) await expectSame(method, path);
});

test.each(['NOSPACE', 'CORRUPT'])('while the alarm %s is up', async (alarm) => {
  await setAlarm('ACTIVATE', alarm);
  try {
    for (const path of checks) await expectSame('GET', path);
  } finally {
    await setAlarm('DEACTIVATE', alarm);
  }
  await expectSame('GET', '/health');
});

test.each(['/version', '/version/', '/', '/nothing'])('%s', async (path) => {
  for (const method of methods) await expectSame(method, path);
});
