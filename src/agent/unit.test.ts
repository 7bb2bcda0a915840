// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepUnit, type UnitAction, type UnitEvent } from './unit.js';
import { type Ending, type RestartRule, restartRules, type UnitPolicy } from './unit-policy.js';
import { initialUnit, renderUnitState, type UnitPlace, type UnitState } from './unit-state.js';

const none = { codes: [], signals: [] };
const basePolicy: UnitPolicy = {
  type: 'simple',
  counts: { 'start-pre': 1, start: 1, 'start-post': 1, reload: 1, stop: 1, 'stop-post': 1 },
  remainsAfterExit: false,
  restart: 'no',
  restartMs: 100,
  startTimeoutMs: 90_000,
  stopTimeoutMs: 80_000,
  startLimit: { intervalMs: 10_000, burst: 2 },
  success: none,
  restartPrevented: none,
  restartForced: none,
};
const bare: UnitPolicy = {
  ...basePolicy,
  counts: { 'start-pre': 0, start: 1, 'start-post': 0, reload: 0, stop: 0, 'stop-post': 0 },
};

function ended(code: number | undefined, signal?: string): Ending {
  return { kind: 'exit', exit: { code, signal }, isFailureIgnored: false };
}
const good = ended(0);

/** Events in short: what a script of a test is written in. */
const events = {
  start: { kind: 'start' },
  stop: { kind: 'stop' },
  reload: { kind: 'reload' },
  ready: { kind: 'main-ready' },
  'main ok': { kind: 'main-ended', ending: good },
  'main 1': { kind: 'main-ended', ending: ended(1) },
  'main KILL': { kind: 'main-ended', ending: ended(undefined, 'SIGKILL') },
  'main TERM': { kind: 'main-ended', ending: ended(undefined, 'SIGTERM') },
  'main error': { kind: 'main-ended', ending: { kind: 'error', message: 'no program' } },
  'command ok': { kind: 'command-ended', ending: good },
  'command 1': { kind: 'command-ended', ending: ended(1) },
  emptied: { kind: 'emptied' },
  timer: { kind: 'timer' },
  configure: { kind: 'configure', policy: basePolicy },
} as const satisfies Record<string, UnitEvent>;
type EventName = keyof typeof events;

function name(state: UnitState): string {
  const { active, sub } = renderUnitState(state);
  return `${active}/${sub}`;
}

function run(policy: UnitPolicy, script: readonly EventName[], now = 0): UnitState {
  return script.reduce((state, event) => stepUnit(state, events[event], now).state, initialUnit(policy));
}

function words(actions: readonly UnitAction[]): readonly string[] {
  return actions.map((action) => {
    switch (action.kind) {
      case 'run':
        return `${action.phase} ${action.index}`;
      case 'kill':
        return action.signal;
      case 'set-timer':
        return `timer ${action.ms}`;
      default:
        return action.kind;
    }
  });
}

describe('the whole table', () => {
  const places: Readonly<Record<string, UnitPlace>> = {
    dead: { kind: 'dead' },
    failed: { kind: 'failed' },
    'start-pre': { kind: 'start-pre', index: 0 },
    start: { kind: 'start', index: 0 },
    'start-post': { kind: 'start-post', index: 0 },
    running: { kind: 'running' },
    exited: { kind: 'exited' },
    reload: { kind: 'reload', index: 0 },
    stop: { kind: 'stop', index: 0 },
    term: { kind: 'killing', signal: 'SIGTERM', isFinal: false },
    kill: { kind: 'killing', signal: 'SIGKILL', isFinal: false },
    'final-term': { kind: 'killing', signal: 'SIGTERM', isFinal: true },
    'final-kill': { kind: 'killing', signal: 'SIGKILL', isFinal: true },
    'stop-post': { kind: 'stop-post', index: 0 },
    'auto-restart': { kind: 'auto-restart' },
  };
  const alive = ['start', 'start-post', 'running', 'reload', 'stop', 'term', 'kill'];
  const columns = [
    'start',
    'stop',
    'reload',
    'ready',
    'main ok',
    'main 1',
    'command ok',
    'command 1',
    'emptied',
    'timer',
  ] as const;
  // Where each event leads; `-` cannot be. Policy: one command in each phase, Restart=no.
  const table = {
    dead: 'start-pre dead - - - - - - - -',
    failed: 'start-pre failed - - - - - - - -',
    'start-pre': 'start-pre stop-sigterm - - - - start stop-sigterm - stop-sigterm',
    start: 'start stop-sigterm - start-post stop-sigterm stop-sigterm - - - stop-sigterm',
    'start-post': 'start-post stop-sigterm - - start-post start-post running stop-sigterm - stop-sigterm',
    running: 'running stop reload - stop stop-sigterm - - - -',
    exited: 'exited stop - - - - - - - -',
    reload: 'reload stop-sigterm - - reload reload running running - stop-sigterm',
    stop: '- stop - - stop stop stop-sigterm stop-sigterm - stop-sigterm',
    term: '- stop-sigterm - stop-sigterm stop-sigterm stop-sigterm stop-sigterm stop-sigterm stop-post stop-sigkill',
    kill: '- stop-sigkill - stop-sigkill stop-sigkill stop-sigkill stop-sigkill stop-sigkill stop-post stop-post',
    'final-term':
      '- final-sigterm - final-sigterm final-sigterm final-sigterm final-sigterm final-sigterm dead final-sigkill',
    'final-kill':
      '- final-sigkill - final-sigkill final-sigkill final-sigkill final-sigkill final-sigkill dead dead',
    'stop-post': '- stop-post - - - - final-sigterm final-sigterm - final-sigterm',
    'auto-restart': 'start-pre dead - - - - - - - start-pre',
  } as const;

  const rows = Object.entries(table).flatMap(([place, row]) =>
    row.split(' ').map((wanted, index) => [place, columns[index] ?? 'start', wanted] as const),
  );
  test.each(rows)('%s + %s → %s', (place, event, wanted) => {
    const memory = { ...initialUnit(basePolicy), isMainAlive: alive.includes(place) };
    const at = places[place];
    if (at === undefined) throw new Error(`no such place: ${place}`);
    const step = () => stepUnit({ ...memory, ...at }, events[event], 0);
    if (wanted === '-') expect(step).toThrow('invariant');
    else expect(renderUnitState(step().state).sub).toBe(wanted);
  });

  test('has a row for each state and a column for each event', () => {
    const seen = new Set(Object.values(places).map(({ kind }) => kind));
    expect([...seen].toSorted()).toEqual([
      'auto-restart',
      'dead',
      'exited',
      'failed',
      'killing',
      'reload',
      'running',
      'start',
      'start-post',
      'start-pre',
      'stop',
      'stop-post',
    ]);
    for (const row of Object.values(table)) expect(row.split(' ')).toHaveLength(columns.length);
  });
});

describe('a run', () => {
  test('does its commands in order, each with its time', () => {
    const script: readonly EventName[] = [
      'start',
      'command ok',
      'ready',
      'command ok',
      'stop',
      'command ok',
      'main TERM',
      'emptied',
      'command ok',
      'emptied',
    ];
    let state = initialUnit(basePolicy);
    const log = script.flatMap((event) => {
      const step = stepUnit(state, events[event], 0);
      state = step.state;
      return [`${event}: ${words(step.actions).join(', ')} → ${name(state)}`];
    });
    expect(log).toEqual([
      'start: timer 90000, start-pre 0 → activating/start-pre',
      'command ok: timer 90000, start 0 → activating/start',
      'ready: timer 90000, start-post 0 → activating/start-post',
      'command ok: clear-timer → active/running',
      'stop: timer 80000, stop 0 → deactivating/stop',
      'command ok: timer 80000, SIGTERM → deactivating/stop-sigterm',
      'main TERM:  → deactivating/stop-sigterm',
      'emptied: timer 80000, stop-post 0 → deactivating/stop-post',
      'command ok: timer 80000, SIGTERM → deactivating/final-sigterm',
      'emptied: clear-timer → inactive/dead',
    ]);
  });

  test('skips phases without commands', () => {
    expect(name(run(bare, ['start', 'ready']))).toBe('active/running');
    expect(name(run(bare, ['start', 'ready', 'stop', 'main TERM', 'emptied']))).toBe('inactive/dead');
  });

  test('no limit means no timer', () => {
    const policy = { ...bare, startTimeoutMs: Number.POSITIVE_INFINITY };
    expect(words(stepUnit(initialUnit(policy), events.start, 0).actions)).toEqual(['clear-timer', 'start 0']);
  });

  test('a oneshot runs each command, and ends or remains', () => {
    const policy: UnitPolicy = { ...bare, type: 'oneshot', counts: { ...bare.counts, start: 2 } };
    expect(run(policy, ['start', 'main ok'])).toMatchObject({ kind: 'start', index: 1 });
    expect(name(run(policy, ['start', 'main ok', 'main ok', 'emptied']))).toBe('inactive/dead');
    expect(name(run({ ...policy, remainsAfterExit: true }, ['start', 'main ok', 'main ok']))).toBe(
      'active/exited',
    );
    expect(name(run(policy, ['start', 'main TERM', 'emptied']))).toBe('failed/failed');
  });

  test('a forking service lives on after its first process', () => {
    const policy: UnitPolicy = { ...bare, type: 'forking' };
    const step = stepUnit(run(policy, ['start']), events['main ok'], 0);
    expect(words(step.actions)).toEqual(['adopt', 'clear-timer']);
    expect(name(step.state)).toBe('active/running');
    expect(name(run(policy, ['start', 'main ok', 'main ok', 'emptied']))).toBe('inactive/dead');
  });

  test('a builtin starts without a command and must be ready before it ends', () => {
    const policy: UnitPolicy = { ...bare, type: 'builtin', counts: { ...bare.counts, start: 0 } };
    expect(name(run(policy, ['start']))).toBe('activating/start');
    expect(name(run(policy, ['start', 'ready']))).toBe('active/running');
    expect(renderUnitState(run(policy, ['start', 'main ok', 'emptied'])).reason).toBe(
      'ended before it was ready',
    );
  });

  test('the first failure is the one that counts', () => {
    const state = run(bare, ['start', 'timer', 'timer', 'main KILL', 'emptied']);
    expect(renderUnitState(state)).toEqual({
      active: 'failed',
      sub: 'failed',
      reason: 'start took longer than 90 s',
    });
  });

  test('a failed reload leaves the service running', () => {
    const policy = { ...bare, counts: { ...bare.counts, reload: 1 } };
    const state = run(policy, ['start', 'ready', 'reload', 'command 1']);
    expect(name(state)).toBe('active/running');
    expect(state.outcome.kind).toBe('success');
  });

  test('settings that change are used from the next step on', () => {
    const next = { ...bare, restart: 'always', restartMs: 7 } as const;
    const { state } = stepUnit(
      run(bare, ['start', 'ready', 'main 1']),
      { kind: 'configure', policy: next },
      0,
    );
    expect(words(stepUnit(state, events.emptied, 0).actions)).toEqual(['timer 7']);
  });
});

describe('restart', () => {
  const ends = ['main ok', 'main 1', 'main KILL', 'main TERM', 'main error'] as const;
  // The table of Restart= in systemd.service(5): clean code, unclean code, unclean signal, clean signal, no start.
  const table: Readonly<Record<RestartRule, string>> = {
    no: '- - - - -',
    'on-success': 'x - - x -',
    'on-failure': '- x x - x',
    'on-abnormal': '- - x - -',
    'on-abort': '- - x - -',
    always: 'x x x x x',
  };
  const rows = restartRules.flatMap((restart) =>
    table[restart]
      .split(' ')
      .map((mark, index) => [restart, ends[index] ?? 'main ok', mark === 'x'] as const),
  );
  test.each(rows)('%s after "%s": %s', (restart, end, isRestarted) => {
    const policy = { ...bare, restart };
    const state = run(policy, ['start', 'ready', end, 'emptied']);
    expect(state.kind === 'auto-restart').toBe(isRestarted);
  });

  test('exit lists change the judgement', () => {
    const success = { ...bare, success: { codes: [1], signals: [] } };
    expect(name(run(success, ['start', 'ready', 'main 1', 'emptied']))).toBe('inactive/dead');
    const prevented = {
      ...bare,
      restart: 'always',
      restartPrevented: { codes: [], signals: ['SIGKILL'] },
    } as const;
    expect(name(run(prevented, ['start', 'ready', 'main KILL', 'emptied']))).toBe('failed/failed');
    const forced = { ...bare, restartForced: { codes: [1], signals: [] } };
    expect(name(run(forced, ['start', 'ready', 'main 1', 'emptied']))).toBe('activating/auto-restart');
  });

  test('a stop that was asked for is not answered by a start', () => {
    const policy = { ...bare, restart: 'always' } as const;
    expect(name(run(policy, ['start', 'ready', 'stop', 'main 1', 'emptied']))).toBe('failed/failed');
    expect(name(run(policy, ['start', 'ready', 'main 1', 'stop', 'emptied']))).toBe('failed/failed');
    expect(name(run(policy, ['start', 'ready', 'main 1', 'emptied', 'stop']))).toBe('inactive/dead');
  });

  test('too many starts in the interval are refused, later ones are not', () => {
    const policy = { ...bare, restart: 'always' } as const;
    const again: readonly EventName[] = ['ready', 'main 1', 'emptied', 'timer'];
    const refused = run(policy, ['start', ...again, ...again]);
    expect(renderUnitState(refused).reason).toBe('started 2 times within 10 s');
    expect(stepUnit(refused, events.start, 9_999).state.kind).toBe('failed');
    expect(stepUnit(refused, events.start, 10_000).state.kind).toBe('start');
    const forgotten = stepUnit(refused, { kind: 'reset-failed' }, 9_998).state;
    expect(name(forgotten)).toBe('inactive/dead');
    expect(stepUnit(forgotten, events.start, 9_999).state.kind).toBe('start');
    expect(
      run({ ...policy, startLimit: { intervalMs: 0, burst: 2 } }, ['start', ...again, ...again]).kind,
    ).toBe('start');
  });
});

test('whatever comes, a unit that is stopped and emptied comes to rest', () => {
  const anyEvent = fc.constantFrom<EventName>(
    'start',
    'stop',
    'reload',
    'ready',
    'main ok',
    'main 1',
    'command ok',
    'command 1',
    'emptied',
    'timer',
  );
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), fc.boolean(), (script, isBare) => {
      let state = initialUnit({ ...(isBare ? bare : basePolicy), restart: 'always' });
      const step = (event: EventName) => {
        try {
          state = stepUnit(state, events[event], 0).state;
        } catch {
          // The state cannot meet this event.
        }
      };
      for (const event of script) step(event);
      for (const event of ['stop', 'command ok', 'emptied', 'command ok', 'emptied'] as const) step(event);
      expect(['dead', 'failed']).toContain(state.kind);
    }),
  );
});
