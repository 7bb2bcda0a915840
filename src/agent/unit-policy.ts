// SPDX-License-Identifier: Apache-2.0

import type { Exit } from '../effects/index.js';

/** The commands of a service, by the phase that runs them; `start` is the service itself. */
export const unitPhases = ['start-pre', 'start', 'start-post', 'reload', 'stop', 'stop-post'] as const;
export type UnitPhase = (typeof unitPhases)[number];

/** `builtin` is a function of this program; the others are systemd's. */
export type ServiceType = 'simple' | 'exec' | 'oneshot' | 'forking' | 'notify' | 'builtin';

export const restartRules = ['no', 'on-success', 'on-failure', 'on-abnormal', 'on-abort', 'always'] as const;
export type RestartRule = (typeof restartRules)[number];

/** Exit codes and signals, as `SuccessExitStatus=` lists them. */
export interface ExitList {
  readonly codes: readonly number[];
  readonly signals: readonly string[];
}

/** All that the life cycle of a unit depends on. Times in milliseconds; infinity: no limit. */
export interface UnitPolicy {
  readonly type: ServiceType;
  /** How many commands each phase has. */
  readonly counts: Readonly<Record<UnitPhase, number>>;
  readonly remainsAfterExit: boolean;
  readonly restart: RestartRule;
  readonly restartMs: number;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** At most `burst` starts in `intervalMs`; 0 of either: no limit. */
  readonly startLimit: { readonly intervalMs: number; readonly burst: number };
  /** Ends that count as clean, besides code 0 and the four plain signals. */
  readonly success: ExitList;
  readonly restartPrevented: ExitList;
  readonly restartForced: ExitList;
}

/** How a process, or the function of a builtin, came to its end. */
export type Ending =
  | { readonly kind: 'exit'; readonly exit: Exit; readonly isFailureIgnored: boolean }
  /** It never ran, or the builtin threw. */
  | { readonly kind: 'error'; readonly message: string };

/** How a run of a unit went: the first failure of it, or success. */
export type Outcome =
  | { readonly kind: 'success'; readonly exit?: Exit }
  | { readonly kind: 'exit-code'; readonly exit: Exit }
  | { readonly kind: 'signal'; readonly exit: Exit }
  | { readonly kind: 'timeout'; readonly what: 'start' | 'stop' | 'reload'; readonly afterMs: number }
  | { readonly kind: 'resources'; readonly message: string }
  | { readonly kind: 'protocol' }
  | { readonly kind: 'start-limit-hit'; readonly burst: number; readonly intervalMs: number };

const plainSignals: readonly string[] = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'];

/** Judges an ending by systemd's rules: signals of a `oneshot` and of commands beside the main one are no clean end. */
export function outcomeOf(ending: Ending, policy: UnitPolicy, isMain: boolean): Outcome {
  if (ending.kind === 'error') return { kind: 'resources', message: ending.message };
  const { exit, isFailureIgnored } = ending;
  const isDaemon = isMain && policy.type !== 'oneshot';
  const isClean =
    isFailureIgnored ||
    exit.code === 0 ||
    (isMain && isListed(exit, policy.success)) ||
    (isDaemon && exit.signal !== undefined && plainSignals.includes(exit.signal));
  if (isClean) return { kind: 'success', exit };
  return { kind: exit.signal === undefined ? 'exit-code' : 'signal', exit };
}

/** Whether a unit that ended by itself is started again, by the table of `Restart=` in systemd.service(5). */
export function isRestarted(outcome: Outcome, policy: UnitPolicy): boolean {
  if (outcome.kind === 'start-limit-hit') return false;
  if ('exit' in outcome && outcome.exit !== undefined) {
    if (isListed(outcome.exit, policy.restartPrevented)) return false;
    if (isListed(outcome.exit, policy.restartForced)) return true;
  }
  switch (policy.restart) {
    case 'no':
      return false;
    case 'always':
      return true;
    case 'on-success':
      return outcome.kind === 'success';
    case 'on-failure':
      return outcome.kind !== 'success';
    case 'on-abnormal':
      return outcome.kind === 'signal' || outcome.kind === 'timeout';
    case 'on-abort':
      return outcome.kind === 'signal';
    default:
      return policy.restart satisfies never;
  }
}

/** An outcome in words; empty for success. */
export function renderOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'success':
      return '';
    case 'exit-code':
      return `exited with code ${outcome.exit.code}`;
    case 'signal':
      return `ended by ${outcome.exit.signal}`;
    case 'timeout':
      return `${outcome.what} took longer than ${outcome.afterMs / 1000} s`;
    case 'resources':
      return outcome.message;
    case 'protocol':
      return 'ended before it was ready';
    case 'start-limit-hit':
      return `started ${outcome.burst} times within ${outcome.intervalMs / 1000} s`;
    default:
      return outcome satisfies never;
  }
}

function isListed(exit: Exit, list: ExitList): boolean {
  if (exit.code !== undefined) return list.codes.includes(exit.code);
  return exit.signal !== undefined && list.signals.includes(exit.signal);
}
