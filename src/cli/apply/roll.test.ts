// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { machineId } from '../../model/index.js';
import {
  type ClusterSnapshot,
  emptySnapshot,
  type MachineLife,
  type NodeConfig,
  type NodeState,
} from '../../registry/index.js';
import { awaitWell } from './await-well.js';
import { judgeMachine, type Verdict } from './judge-machine.js';
import { planRoll } from './plan-roll.js';
import { plannedOutcome } from './render-roll.js';

const id = machineId('a'.repeat(32));
const joined: MachineLife = {
  state: 'joined',
  since: 0,
  reason: '',
  lastSeen: 0,
  handledOrder: 0,
  bootId: 'b',
  isBootOver: false,
};
const config: NodeConfig = { hash: 'new', state: 'applied', order: 7, drift: [], atBoot: [] };
const node: NodeState = {
  name: 'a',
  bootId: 'b',
  privateIp: '',
  publicIp: '',
  startedAt: 0,
  stage: 'running',
  units: [],
  problems: [],
  config,
};

function snapshot(
  part: Partial<NodeState> | undefined,
  more: Partial<ClusterSnapshot> = {},
  life: Partial<MachineLife> = {},
): ClusterSnapshot {
  const nodes = part === undefined ? new Map() : new Map([[id, { ...node, ...part }]]);
  return { ...emptySnapshot, nodes, lives: new Map([['a', { ...joined, ...life }]]), ...more };
}

describe('who is sent something', () => {
  const wanted = { name: 'a', id, userData: '', hash: 'new' };
  const broken = { name: 'x.service', active: 'failed', sub: 'failed' };
  test.each<[string, Partial<NodeState> | undefined, Partial<MachineLife>, string]>([
    ['has it', {}, {}, 'same'],
    ['has another', { config: { ...config, hash: 'old' } }, {}, 'send: its user-data changed'],
    ['failed', { config: { ...config, state: 'failed' } }, {}, 'send: not all of it could be done before'],
    ['drifted', { config: { ...config, drift: ['/x: y'] } }, {}, 'send: it drifted: /x: y'],
    ['has a failed unit', { units: [broken] }, {}, 'send: x.service failed'],
    ['is lost', {}, { state: 'lost' }, 'off: it is lost'],
    ['is not registered', undefined, {}, 'off: it is joined'],
    [
      'is old',
      { config: undefined },
      {},
      'off: its agent is older than this command, and takes over nothing',
    ],
  ])('a machine that %s', (_what, part, life, expected) => {
    const [entry] = planRoll([wanted], snapshot(part, {}, life));
    expect(entry?.kind === 'same' ? 'same' : `${entry?.kind}: ${entry?.why}`).toBe(expected);
  });
});

test('a dry run tells as data what it tells in words', () => {
  const wanted = { name: 'a', id, userData: '', hash: 'new' };
  const [entry] = planRoll([wanted], snapshot({ config: { ...config, hash: 'old' } }));
  expect(entry && plannedOutcome(entry)).toEqual({
    name: 'a',
    outcome: 'planned',
    reason: 'its user-data changed',
  });
});

describe('the gate', () => {
  const sent = { name: 'a', id, bootId: 'b', order: 7, hasStore: false };
  const unit = (active: string, reason?: string) => ({
    units: [{ name: 'x.service', active, sub: active, reason }],
  });
  test.each<[string, ClusterSnapshot, string]>([
    ['took it over', snapshot({}), 'well'],
    ['has not yet', snapshot({ config: { ...config, order: 6 } }), 'waiting: it is taking it over'],
    ['could not', snapshot({ config: { ...config, state: 'failed' }, problems: ['p', 'q'] }), 'bad: p; q'],
    ['has a failed unit', snapshot(unit('failed', 'exited')), 'bad: x.service failed: exited'],
    ['has a unit that starts', snapshot(unit('activating')), 'waiting: x.service is activating'],
    ['is gone from the registry', snapshot(undefined), 'waiting: it is not registered'],
    ['died', snapshot({}, {}, { state: 'lost', reason: 'SIGKILL' }), 'bad: it is lost: SIGKILL'],
    [
      'booted anew',
      snapshot({ bootId: 'c' }),
      'bad: it has booted anew meanwhile, with the new configuration',
    ],
  ])('a machine that %s', (_what, seen, expected) => {
    expect(textOf(judgeMachine(sent, seen))).toBe(expected);
  });

  test('a store of the machines has to be whole', () => {
    const view = (state: 'ok' | 'healing') => ({
      storeView: { state, reason: 'one is away', since: 0, leader: '', members: {} },
    });
    expect(textOf(judgeMachine({ ...sent, hasStore: true }, snapshot({}, view('ok'))))).toBe('well');
    expect(textOf(judgeMachine({ ...sent, hasStore: true }, snapshot({}, view('healing'))))).toBe(
      'waiting: the store is healing: one is away',
    );
  });
});

describe('waiting', () => {
  const limits = { timeoutMs: 600_000, settleMs: 1 };
  const well: Verdict = { kind: 'well' };

  /** Each watch shows the next of the verdicts, then nothing more until its time is up. */
  function wait(
    verdicts: readonly (Verdict | 'away')[],
    given = limits,
    signal = new AbortController().signal,
  ) {
    const left = [...verdicts];
    const registry = {
      async *watch(until: AbortSignal) {
        if (left[0] === 'away') {
          left.shift();
          yield { kind: 'away', reason: '' } as const;
        } else if (left.length > 0) yield { kind: 'snapshot', snapshot: emptySnapshot } as const;
        if (!until.aborted) await new Promise((resolve) => until.addEventListener('abort', resolve));
      },
    };
    const judge = () => {
      const next = left.shift();
      return next === undefined || next === 'away' ? well : next;
    };
    return awaitWell(registry, judge, given, signal);
  }

  const bad: Verdict = { kind: 'bad', why: 'it broke' };
  const waiting: Verdict = { kind: 'waiting', why: 'it starts' };

  test('it is well when it stays so', async () => {
    expect(await wait([well, well])).toBeUndefined();
  });
  test('it is bad at once, or while it settles', async () => {
    expect(await wait([bad])).toBe('it broke');
    expect(await wait([well, bad])).toBe('it broke');
  });
  test('a break begins the settling anew', async () => {
    expect(await wait([well, waiting, well, bad])).toBe('it broke');
  });
  test('a store that goes away while it settles is a break too', async () => {
    expect(await wait([well, 'away', well, bad])).toBe('it broke');
  });
  test('the time is bounded, and the signal ends it', async () => {
    expect(await wait([waiting], { timeoutMs: 1, settleMs: 1 })).toBe('not well after 0.001 s: it starts');
    expect(await wait([waiting], limits, AbortSignal.abort())).toBe('interrupted');
  });
});

function textOf(verdict: Verdict): string {
  return verdict.kind === 'well' ? 'well' : `${verdict.kind}: ${verdict.why}`;
}
