// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MemberDisk, type MemberFinding, type MemberOrder, memberFindings } from '../../model/index.js';
import {
  initialMember,
  type MemberAction,
  type MemberDoing,
  type MemberEvent,
  type MemberState,
  stepMember,
} from './member-process.js';

const empty: MemberDisk = { kind: 'empty', nonce: 'n1' };
const fresh: MemberDisk = { kind: 'empty', nonce: 'n2' };
const data: MemberDisk = { kind: 'data', memberId: 'a', clusterId: 'c' };

const list = { name: 'm', token: 't', initialCluster: [{ name: 'm', urls: ['http://10.0.0.1:2380'] }] };
const orders = {
  hold: { kind: 'hold', reason: 'x' },
  'start n1': { kind: 'start', nonce: 'n1', state: 'existing', ...list },
  'resume a': { kind: 'resume', memberId: 'a', name: 'm' },
  'restore n1': { kind: 'restore', nonce: 'n1', ...list, snapshot: { url: 'u', ticket: '', sha256: '' } },
  'wipe a': { kind: 'wipe', memberId: 'a', reason: 'x' },
  'wipe any': { kind: 'wipe', memberId: 'any', reason: 'x' },
} as const satisfies Record<string, MemberOrder>;

const ended = (finding: MemberFinding, disk: MemberDisk): MemberEvent => ({
  kind: 'ended',
  finding,
  words: 'x',
  disk,
});
const ordered = (name: keyof typeof orders, revision = 9): MemberEvent => ({
  kind: 'ordered',
  at: { order: orders[name], revision },
});

const events = {
  hold: ordered('hold'),
  'start n1': ordered('start n1'),
  'resume a': ordered('resume a'),
  'restore n1': ordered('restore n1'),
  'wipe a': ordered('wipe a'),
  'wipe any': ordered('wipe any'),
  born: { kind: 'born', disk: data },
  serving: { kind: 'serving' },
  'ended with data': ended('unknown', data),
  'ended, removed': ended('removed', data),
  'ended, empty': ended('unknown', fresh),
  wiped: { kind: 'wiped', disk: fresh, failure: '' },
  'not wiped': { kind: 'wiped', disk: data, failure: 'EIO' },
  restored: { kind: 'restored', disk: data, failure: '' },
  'not restored': { kind: 'restored', disk: fresh, failure: 'bad sum' },
  timer: { kind: 'timer' },
  close: { kind: 'close' },
} as const satisfies Record<string, MemberEvent>;
type EventName = keyof typeof events;

function word(action: MemberAction): string {
  switch (action.kind) {
    case 'start':
      return action.launch.kind;
    case 'set-timer':
      return `timer ${action.ms}`;
    default:
      return action.kind;
  }
}

function nameOf({ doing }: MemberState): string {
  return doing.kind === 'stopping' ? `stopping for ${doing.next}` : doing.kind;
}

function stateIn(doing: MemberDoing, disk: MemberDisk): MemberState {
  const runs = doing.kind === 'running' || doing.kind === 'stopping';
  return { ...initialMember(disk), name: 'm', doing, process: { kind: runs ? 'starting' : 'stopped' } };
}

const states: Readonly<Record<string, MemberState>> = {
  'waiting, empty': stateIn({ kind: 'waiting' }, empty),
  'waiting, data': stateIn({ kind: 'waiting' }, data),
  pausing: stateIn({ kind: 'pausing' }, data),
  'running, not born': stateIn({ kind: 'running', startedAt: 0 }, empty),
  'running, data': stateIn({ kind: 'running', startedAt: 0 }, data),
  'stopping for hold': stateIn({ kind: 'stopping', next: 'hold' }, data),
  'stopping for wipe': stateIn({ kind: 'stopping', next: 'wipe' }, data),
  'stopping for resume': stateIn({ kind: 'stopping', next: 'resume' }, data),
  wiping: stateIn({ kind: 'wiping' }, data),
  restoring: stateIn({ kind: 'restoring', isCancelled: false }, empty),
  'restoring, cancelled': stateIn({ kind: 'restoring', isCancelled: true }, empty),
  closed: stateIn({ kind: 'closed' }, data),
};

const stop = 'terminate, timer 10000 → stopping for';
/** What each order leads to; `void`: nothing happens, and it is not obeyed. */
const orderTable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'waiting, empty': {
    hold: '→ waiting',
    'start n1': 'first → running',
    'resume a': 'void',
    'restore n1': 'restore → restoring',
    'wipe a': '→ waiting',
    'wipe any': '→ waiting',
  },
  'waiting, data': {
    hold: '→ waiting',
    'start n1': 'void',
    'resume a': 'again → running',
    'restore n1': 'void',
    'wipe a': 'wipe → wiping',
    'wipe any': 'wipe → wiping',
  },
  pausing: {
    hold: 'clear-timer → waiting',
    'start n1': 'void',
    'resume a': 'clear-timer, again → running',
    'restore n1': 'void',
    'wipe a': 'clear-timer, wipe → wiping',
    'wipe any': 'clear-timer, wipe → wiping',
  },
  'running, not born': {
    hold: `${stop} hold`,
    'start n1': 'void',
    'resume a': 'void',
    'restore n1': 'void',
    'wipe a': 'void',
    'wipe any': `${stop} wipe`,
  },
  'running, data': {
    hold: `${stop} hold`,
    'start n1': 'void',
    'resume a': '→ running',
    'restore n1': 'void',
    'wipe a': `${stop} wipe`,
    'wipe any': `${stop} wipe`,
  },
  'stopping for hold': {
    hold: '→ stopping for hold',
    'start n1': 'void',
    'resume a': '→ stopping for resume',
    'restore n1': 'void',
    'wipe a': '→ stopping for wipe',
    'wipe any': '→ stopping for wipe',
  },
};

describe('each order in each state', () => {
  const rows = Object.entries(orderTable).flatMap(([state, row]) =>
    Object.entries(row).map(([order, wanted]) => [state, order, wanted] as const),
  );
  test.each(rows)('%s + %s: %s', (place, order, wanted) => {
    const before = states[place];
    const event = Object.entries(events).find(([name]) => name === order)?.[1];
    if (before === undefined || event === undefined) throw new Error(`no such row: ${place}, ${order}`);
    const { state, actions } = stepMember(before, event, 5);
    if (wanted === 'void') {
      expect(state).toEqual({ ...before, latest: state.latest });
      expect(actions).toEqual([]);
      return;
    }
    expect(state.obeyed).toBe(9);
    expect(`${actions.map(word).join(', ')} → ${nameOf(state)}`.trim()).toBe(wanted);
  });

  test.each(['wiping', 'closed', 'restoring, cancelled'])('%s: is looked at when it is over', (place) => {
    const before = states[place] ?? initialMember(data);
    for (const order of ['hold', 'resume a', 'wipe any'] as const) {
      const { state, actions } = stepMember(before, events[order], 5);
      expect(actions).toEqual([]);
      expect(state).toEqual({ ...before, latest: state.latest });
    }
  });

  test('restoring is given up for whatever is newer', () => {
    const { state, actions } = stepMember(states.restoring ?? initialMember(empty), events['start n1'], 5);
    expect(actions.map(word)).toEqual(['cancel-restore']);
    expect(state.doing).toEqual({ kind: 'restoring', isCancelled: true });
  });
});

describe('each other event in each state', () => {
  const columns = [
    'born',
    'serving',
    'ended with data',
    'ended, removed',
    'ended, empty',
    'wiped',
    'not wiped',
    'restored',
    'not restored',
    'timer',
    'close',
  ] as const satisfies readonly EventName[];
  /** Where it leads and what is done, column by column; `-` cannot be. */
  const table: Readonly<Record<string, string>> = {
    'waiting, empty': '- | - | - | - | - | - | - | - | - | - | closed',
    'waiting, data': '- | - | - | - | - | - | - | - | - | - | closed',
    pausing: '- | - | - | - | - | - | - | - | - | running: again | closed: clear-timer',
    'running, not born':
      'running | running | pausing: timer 1000 | waiting | waiting | - | - | - | - | - | stopping: terminate, timer 10000',
    'running, data':
      'running | running | pausing: timer 1000 | waiting | waiting | - | - | - | - | - | stopping: terminate, timer 10000',
    'stopping for hold':
      'stopping | stopping | waiting: clear-timer | waiting: clear-timer | waiting: clear-timer | - | - | - | - | stopping: kill | stopping',
    'stopping for wipe':
      'stopping | stopping | wiping: clear-timer, wipe | wiping: clear-timer, wipe | waiting: clear-timer | - | - | - | - | stopping: kill | stopping',
    'stopping for resume':
      'stopping | stopping | running: clear-timer, again | running: clear-timer, again | waiting: clear-timer | - | - | - | - | stopping: kill | stopping',
    wiping: '- | - | - | - | - | waiting | waiting | - | - | - | wiping',
    restoring: '- | - | - | - | - | - | - | running: again | waiting | - | restoring: cancel-restore',
    'restoring, cancelled': '- | - | - | - | - | - | - | waiting | waiting | - | restoring',
    closed: '- | - | - | - | - | - | - | - | - | - | closed',
  };
  const rows = Object.entries(table).flatMap(([place, row]) =>
    row.split(' | ').map((wanted, index) => [place, columns[index] ?? 'close', wanted] as const),
  );
  test.each(rows)('%s + %s → %s', (place, event, wanted) => {
    const before = states[place] ?? initialMember(empty);
    const step = () => stepMember(before, events[event], 5);
    if (wanted === '-') return expect(step).toThrow('invariant');
    const { state, actions } = step();
    const done = actions.map(word).join(', ');
    expect(`${state.doing.kind}${done === '' ? '' : `: ${done}`}`).toBe(wanted);
  });

  test('has a row for each state', () => {
    expect(Object.keys(table)).toEqual(Object.keys(states));
    for (const row of Object.values(table)) expect(row.split(' | ')).toHaveLength(columns.length);
  });
});

/** Steps through a script; what is done stands in `actions`. */
function play(first: MemberState, script: readonly MemberEvent[], now = 0) {
  let state = first;
  const actions = script.flatMap((event) => {
    const step = stepMember(state, event, now);
    state = step.state;
    return step.actions.map(word);
  });
  return { state, actions };
}

describe('an end that nobody ordered', () => {
  const again = ['unknown', 'no-peers', 'port-taken'];
  test.each(memberFindings)(
    '%s: only a passing reason is followed by a new start, and only on data',
    (finding) => {
      const running = states['running, data'] ?? initialMember(data);
      const onData = play(running, [ended(finding, data)]);
      expect(onData.actions).toEqual(again.includes(finding) ? ['timer 1000'] : []);
      expect(onData.state.process).toEqual({ kind: 'ended', finding, words: 'x' });
      const onEmpty = play(states['running, not born'] ?? initialMember(empty), [ended(finding, fresh)]);
      expect(onEmpty.actions).toEqual([]);
      expect(onEmpty.state.disk).toEqual(fresh);
    },
  );

  test('pauses double up to 30 s, and begin anew after 30 s of running', () => {
    let state = states['running, data'] ?? initialMember(data);
    const pauses: string[] = [];
    for (let failure = 0; failure < 8; failure += 1) {
      const { state: next, actions } = play(state, [ended('unknown', data), { kind: 'timer' }]);
      pauses.push(...actions.filter((action) => action !== 'again'));
      state = next;
    }
    expect(pauses.map((pause) => Number(pause.split(' ')[1]))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ]);
    expect(play(state, [ended('unknown', data)], 30_000).actions).toEqual(['timer 1000']);
    expect(play(state, [ended('unknown', data)], 29_999).actions).toEqual(['timer 30000']);
  });

  test('a resume that was obeyed does not bring a removed member back; a newer one does', () => {
    const { state, actions } = play(initialMember(data), [ordered('resume a', 3), ended('removed', data)]);
    expect([nameOf(state), actions]).toEqual(['waiting', ['again']]);
    expect(play(state, [ordered('resume a', 3)]).actions).toEqual([]);
    expect(play(state, [ordered('resume a', 4)]).actions).toEqual(['again']);
  });
});

test('an older order is passed over', () => {
  const { state } = play(initialMember(empty), [ordered('hold', 5)]);
  expect(stepMember(state, ordered('start n1', 4), 0)).toEqual({ state, actions: [] });
});

test.each(['waiting', 'running'] as const)(
  '%s on the data of another member: its orders are void',
  (kind) => {
    const other: MemberDisk = { kind: 'data', memberId: 'b', clusterId: 'c' };
    const before = stateIn(kind === 'running' ? { kind, startedAt: 0 } : { kind }, other);
    const { state, actions } = play(before, [ordered('resume a', 1), ordered('wipe a', 2)]);
    expect([state.obeyed, state.doing, actions]).toEqual([0, before.doing, []]);
    expect(play(state, [ordered('wipe any', 3)]).state.obeyed).toBe(3);
  },
);

test('a nonce starts once', () => {
  const { state, actions } = play(initialMember(empty), [
    ordered('start n1', 1),
    ordered('start n1', 2),
    ended('bootstrapped', fresh),
    ordered('start n1', 3),
  ]);
  expect(actions).toEqual(['first']);
  expect([state.obeyed, state.disk]).toEqual([1, fresh]);
});

test('a wipe of an ID that is not seen yet is judged once it is', () => {
  const { actions } = play(initialMember(empty), [ordered('start n1', 1), ordered('wipe a', 2), events.born]);
  expect(actions).toEqual(['first', 'terminate', 'timer 10000']);
});

test('etcd has ended before its data is deleted, and the newest order decides what is done with it', () => {
  const running = states['running, data'] ?? initialMember(data);
  const order = ['terminate', 'timer 10000', 'clear-timer'];
  expect(play(running, [ordered('wipe a', 1)]).actions).not.toContain('wipe');
  expect(play(running, [ordered('wipe a', 1), ended('unknown', data)]).actions).toEqual([...order, 'wipe']);
  const held = play(running, [ordered('wipe a', 1), ordered('hold', 2), ended('unknown', data)]);
  expect([held.actions, held.state.obeyed]).toEqual([order, 2]);
});

test('closing ends whatever goes on, and starts nothing', () => {
  const close: MemberEvent = { kind: 'close' };
  const running = states['running, data'] ?? initialMember(data);
  const wiped = play(running, [ordered('wipe a', 1), close, ended('unknown', data)]);
  expect([nameOf(wiped.state), wiped.actions.includes('wipe')]).toEqual(['closed', false]);
  const wiping = states.wiping ?? initialMember(data);
  expect(nameOf(play(wiping, [close, ordered('start n1', 9), events.wiped]).state)).toBe('closed');
  const restoring = states.restoring ?? initialMember(empty);
  const given = play(restoring, [close, events.restored]);
  expect([nameOf(given.state), given.actions]).toEqual(['closed', ['cancel-restore']]);
});

test('whatever comes: at most one etcd, never started but by a fitting order or after a passing end', () => {
  const names = Object.keys(events).filter((name): name is EventName => name in events);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...names), { maxLength: 40 }), (script) => {
      let state = initialMember(empty);
      let alive = false;
      let isBlocked = false;
      for (const [index, name] of script.entries()) {
        const event = events[name];
        const at = event.kind === 'ordered' ? { ...event, at: { ...event.at, revision: index + 1 } } : event;
        const before = state;
        const step = (() => {
          try {
            return stepMember(before, at, index);
          } catch {
            return undefined;
          }
        })();
        if (step === undefined) continue;
        state = step.state;
        if (event.kind === 'ended') {
          alive = false;
          isBlocked = name === 'ended, removed' && before.doing.kind === 'running';
        }
        if (state.obeyed !== before.obeyed) isBlocked = false;
        for (const action of step.actions) {
          if (action.kind === 'wipe' || action.kind === 'restore') expect(alive).toBe(false);
          if (action.kind !== 'start') continue;
          expect([alive, isBlocked]).toEqual([false, false]);
          if (action.launch.kind === 'again') expect(state.disk.kind).toBe('data');
          else expect(state.disk).toEqual({ kind: 'empty', nonce: action.launch.nonce });
          alive = true;
        }
      }
    }),
  );
});
