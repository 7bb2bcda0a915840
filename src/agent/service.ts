// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, Files, Log } from '../effects/index.js';
import type { MemberReport } from '../model/index.js';
import type { Command } from './command-line.js';
import { messageOf } from './errors.js';
import { openProcessGroup } from './process-group.js';
import { stepUnit, type UnitAction, type UnitEvent } from './unit.js';
import type { Ending, UnitPhase } from './unit-policy.js';
import { type NodeContext, prepareProcess, unitEnvironment } from './unit-process.js';
import type { UnitSettings } from './unit-settings.js';
import { initialUnit, type UnitState } from './unit-state.js';

/**
 * A unit that is a function of this program: `etcd2.service`, `fleet.service`. It runs until `signal` fires, is
 * active once it called `onReady`, and fails by throwing.
 */
export type BuiltinUnit = (
  context: {
    /** `Environment=` and `EnvironmentFile=` of the unit's file and drop-ins. */
    readonly environment: Readonly<Record<string, string>>;
    onReady(): void;
    /** Says how the store's member does that the unit runs. */
    tell(report: MemberReport): void;
  },
  signal: AbortSignal,
) => Promise<void>;

export interface ServiceDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
  readonly log: Log;
}

export interface ServiceOptions {
  readonly unit: string;
  readonly context: NodeContext;
  readonly settings: UnitSettings;
  readonly builtin: BuiltinUnit | undefined;
  /** Called after each step. */
  readonly onChange: () => void;
}

/** One service that runs: the state machine of `unit.ts` with real processes and timers. */
export interface Service {
  state(): UnitState;
  pid(): number | undefined;
  /** What the unit last told of the store's member that it runs. */
  member(): MemberReport | undefined;
  configure(settings: UnitSettings): void;
  send(event: UnitEvent & { readonly kind: 'start' | 'stop' | 'reload' | 'reset-failed' }): void;
  /** Resolves with the first state, the present one included, that `isWanted`. */
  until(isWanted: (state: UnitState) => boolean): Promise<UnitState>;
  /** Ends whatever processes `KillMode=` has let live. */
  sweep(): Promise<void>;
}

interface Waiter {
  readonly isWanted: (state: UnitState) => boolean;
  readonly resolve: (state: UnitState) => void;
}

export function openService(deps: ServiceDeps, options: ServiceOptions): Service {
  const { clock, log } = deps;
  const { unit, context } = options;
  const group = openProcessGroup(deps, context, unit);
  const waiters = new Set<Waiter>();
  let settings = options.settings;
  let state = initialUnit(settings.policy);
  let timer = new AbortController();
  let killing: AbortController | undefined;
  // Endings of processes from before this count are news of a run that is over.
  let run = 0;
  let member: MemberReport | undefined;

  const send = (event: UnitEvent) => {
    const before = state;
    const step = stepUnit(before, event, clock.monotonic());
    state = step.state;
    if (before.kind === 'killing' && state.kind !== 'killing') endRun();
    for (const action of step.actions) perform(action);
    for (const waiter of [...waiters]) {
      if (!waiter.isWanted(state)) continue;
      waiters.delete(waiter);
      waiter.resolve(state);
    }
    options.onChange();
  };

  const endRun = () => {
    run += 1;
    killing?.abort();
    killing = undefined;
    group.forget();
  };

  const perform = (action: UnitAction) => {
    switch (action.kind) {
      case 'run':
        return void runCommand(action.phase, action.index);
      case 'adopt':
        return void adopt();
      case 'kill':
        return void kill(action.signal);
      case 'set-timer':
        return setTimer(action.ms);
      case 'clear-timer':
        return timer.abort();
      default:
        return action satisfies never;
    }
  };

  const setTimer = (ms: number) => {
    timer.abort();
    const own = new AbortController();
    timer = own;
    void clock.sleep(ms, own.signal).then(() => {
      if (!own.signal.aborted) send({ kind: 'timer' });
    });
  };

  const runCommand = async (phase: UnitPhase, index: number) => {
    const ownRun = run;
    const command = settings.commands[phase][index];
    const ending = command === undefined ? await runBuiltin() : await runProcess(phase, command);
    if (run === ownRun) send({ kind: phase === 'start' ? 'main-ended' : 'command-ended', ending });
  };

  const runProcess = async (phase: UnitPhase, command: Command): Promise<Ending> => {
    const isMain = phase === 'start';
    const extra = isMain ? {} : controlVariables(state, group.mainPid());
    const isReadyAtOnce = isMain && ['simple', 'exec', 'notify'].includes(state.policy.type);
    const ending = await group.spawn(
      isMain,
      () => prepareProcess(deps.files, context, unit, settings, command, extra),
      () => {
        if (isReadyAtOnce && state.kind === 'start') send({ kind: 'main-ready' });
      },
    );
    return ending.kind === 'exit' ? { ...ending, isFailureIgnored: command.isFailureIgnored } : ending;
  };

  const runBuiltin = async (): Promise<Ending> => {
    const { builtin } = options;
    if (builtin === undefined) return { kind: 'error', message: `no program runs "${unit}"` };
    const ownRun = run;
    let isReady = false;
    const onReady = () => {
      if (isReady || run !== ownRun || state.kind !== 'start') return;
      isReady = true;
      send({ kind: 'main-ready' });
    };
    const tell = (report: MemberReport) => {
      if (run !== ownRun) return;
      member = report;
      options.onChange();
    };
    return group.call(async (signal) => {
      const environment = await unitEnvironment(deps.files, context, settings);
      if (!signal.aborted) await builtin({ environment, onReady, tell }, signal);
    });
  };

  const adopt = async () => {
    const ownRun = run;
    const ending = await group.adopt(settings.pidFile, options.onChange);
    if (run === ownRun) send({ kind: 'main-ended', ending });
  };

  const kill = async (signal: 'SIGTERM' | 'SIGKILL') => {
    group.signal(signal, settings);
    if (killing !== undefined) return;
    const own = new AbortController();
    killing = own;
    await group.emptied(settings, own.signal).catch((error: unknown) => {
      log.error('cannot see whether a unit has ended', { unit, reason: messageOf(error) });
    });
    if (!own.signal.aborted) send({ kind: 'emptied' });
  };

  return {
    state: () => state,
    member: () => member,
    pid: () => (state.isMainAlive ? group.mainPid() : undefined),
    configure: (next) => {
      settings = next;
      send({ kind: 'configure', policy: next.policy });
    },
    send,
    until: (isWanted) => {
      if (isWanted(state)) return Promise.resolve(state);
      return new Promise((resolve) => waiters.add({ isWanted, resolve }));
    },
    sweep: () => group.sweep(),
  };
}

/** What commands beside the main one are told of it, in systemd's variables. */
function controlVariables(state: UnitState, mainPid: number | undefined): Readonly<Record<string, string>> {
  const { outcome } = state;
  const exit = 'exit' in outcome ? outcome.exit : undefined;
  return {
    SERVICE_RESULT: outcome.kind,
    ...(mainPid === undefined ? {} : { MAINPID: String(mainPid) }),
    ...(exit === undefined ? {} : exitVariables(exit)),
  };
}

function exitVariables(exit: { readonly code: number | undefined; readonly signal: string | undefined }) {
  if (exit.signal === undefined) return { EXIT_CODE: 'exited', EXIT_STATUS: String(exit.code) };
  return { EXIT_CODE: 'killed', EXIT_STATUS: exit.signal.replace(/^SIG/, '') };
}
