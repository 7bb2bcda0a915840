// SPDX-License-Identifier: Apache-2.0

/**
 * The same calls on muster's store, on memory and on disk, and on real etcd 3.4 and 3.5, in one run; the answers
 * have to be the same byte for byte, but for ids, times and the revision a scenario starts at. etcd 3.5 is the
 * one the others are measured by.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviations } from './deviations.js';
import { differencesOf } from './difference.js';
import { type Implementation, type OpenEndpoints, openEndpoints } from './implementations.js';
import { type Scenario, scenarios } from './scenarios/index.js';
import { openSession, type Step } from './session.js';

const all: readonly Implementation[] = ['etcd 3.5', 'etcd 3.4', 'memory', 'disk'];
const parts: { endpoints: OpenEndpoints | undefined } = { endpoints: undefined };

beforeAll(async () => {
  parts.endpoints = await openEndpoints(all);
});
afterAll(() => parts.endpoints?.close());

describe.each(scenarios)('$name', (scenario) => {
  test('is the same everywhere', async () => {
    const [reference = [], ...others] = await Promise.all(all.map((name) => play(scenario, name)));
    const expected = reference.map(({ label }) => label);
    expect(new Set(expected).size).toBe(expected.length);
    const found = others.flatMap((steps, n) => differences(all[n + 1] ?? 'disk', scenario, steps, reference));
    const isListed = (one: Difference) => deviations.some((row) => matches(row, one));
    expect(found.filter((one) => !isListed(one))).toEqual([]);
    const vanished = deviations.filter(
      (row) => row.scenario === scenario.name && !found.some((one) => matches(row, one)),
    );
    expect(vanished).toEqual([]);
  });
});

test('every deviation is one of a scenario', () => {
  const names = new Set(scenarios.map(({ name }) => name));
  expect(deviations.filter(({ scenario }) => !names.has(scenario))).toEqual([]);
});

interface Difference {
  readonly who: Implementation;
  readonly scenario: string;
  readonly step: string;
  readonly places: readonly string[];
}

async function play(scenario: Scenario, name: Implementation): Promise<readonly Step[]> {
  if (parts.endpoints === undefined) throw new Error('nothing is started');
  const session = await openSession(parts.endpoints.wire(name), `/${scenario.name}/`);
  try {
    await scenario.run(session);
  } finally {
    session.close();
  }
  return session.steps;
}

function differences(
  who: Implementation,
  scenario: Scenario,
  steps: readonly Step[],
  reference: readonly Step[],
): readonly Difference[] {
  const labels = new Set([...reference, ...steps].map(({ label }) => label));
  const answerOf = (list: readonly Step[], label: string) =>
    list.find((one) => one.label === label)?.answer ?? 'no such step';
  return [...labels].flatMap((step) => {
    const places = differencesOf(answerOf(steps, step), answerOf(reference, step));
    return places.length === 0 ? [] : [{ who, scenario: scenario.name, step, places }];
  });
}

function matches(row: (typeof deviations)[number], one: Difference): boolean {
  const who = one.who === 'etcd 3.4' ? 'etcd 3.4' : 'ours';
  return row.who === who && row.scenario === one.scenario && (row.step === 'any' || row.step === one.step);
}
