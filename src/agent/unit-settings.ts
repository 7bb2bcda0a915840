// SPDX-License-Identifier: Apache-2.0

import type { UnitFile } from '../units/index.js';
import { type Command, parseCommandLine } from './command-line.js';
import { type Environment, parseAssignments } from './environment.js';
import { expandSpecifiers, type SpecifierFacts } from './specifiers.js';
import {
  type ExitList,
  restartRules,
  type ServiceType,
  type UnitPhase,
  type UnitPolicy,
  unitPhases,
} from './unit-policy.js';
import { openUnitReader, type UnitReader } from './unit-reader.js';

/** One `Condition…=`; with `isTrigger` one of all triggers is enough. */
export interface Condition {
  readonly check: 'path-exists' | 'path-is-folder' | 'folder-not-empty' | 'file-not-empty';
  /** As the node sees it. */
  readonly path: string;
  readonly isNegated: boolean;
  readonly isTrigger: boolean;
}

/** A path that systemd forgives when it is missing, if it is written with `-`. */
export interface NodePathSetting {
  readonly path: string;
  readonly isOptional: boolean;
}

/** The file and drop-ins of a service, typed, with systemd's defaults filled in. */
export interface UnitSettings {
  readonly description: string;
  readonly conditions: readonly Condition[];
  readonly commands: Readonly<Record<UnitPhase, readonly Command[]>>;
  readonly environment: Environment;
  readonly environmentFiles: readonly NodePathSetting[];
  readonly workingFolder: NodePathSetting | undefined;
  readonly pidFile: string | undefined;
  readonly killMode: 'control-group' | 'mixed' | 'process' | 'none';
  /** The first signal of a stop. */
  readonly killSignal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL';
  readonly policy: UnitPolicy;
}

export type SettingsResult =
  | { readonly kind: 'ok'; readonly settings: UnitSettings }
  | { readonly kind: 'bad'; readonly reason: string };

const commandKeys: Readonly<Record<UnitPhase, string>> = {
  'start-pre': 'ExecStartPre',
  start: 'ExecStart',
  'start-post': 'ExecStartPost',
  reload: 'ExecReload',
  stop: 'ExecStop',
  'stop-post': 'ExecStopPost',
};

/**
 * Turns a service's file and drop-ins, in order of application, into settings. A setting that cannot be read
 * falls back to its default, as with systemd; what makes a service impossible to run is `bad`.
 *
 * A builtin without `ExecStart=` is started anew 2 s after a failure unless its files say otherwise, which is
 * slow enough never to meet the start limit: the parts of a cluster wait for one another.
 *
 * Source: systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.kill(5), v257.
 */
export function settingsOf(
  files: readonly UnitFile[],
  facts: SpecifierFacts,
  options: { readonly isBuiltin: boolean },
): SettingsResult {
  const reader = openUnitReader(files);
  const read = readCommands(reader, facts);
  if (read.kind === 'bad') return read;
  const { commands } = read;
  const isFunction = options.isBuiltin && commands.start.length === 0;
  const policy = policyOf(reader, commands, isFunction);
  const problem = problemOf(policy);
  if (problem !== undefined) return { kind: 'bad', reason: problem };
  const path = (value: string) => expandSpecifiers(value, { ...facts, folderPrefix: '' });
  const folder = reader.last('Service', 'WorkingDirectory');
  const pidFile = reader.last('Service', 'PIDFile');
  return {
    kind: 'ok',
    settings: {
      description: reader.last('Unit', 'Description') ?? facts.unit.full,
      conditions: conditionsOf(reader, path),
      commands,
      environment: environmentOf(reader, facts),
      environmentFiles: reader.list('Service', 'EnvironmentFile').map((value) => optionalPath(path(value))),
      workingFolder: folder === undefined ? undefined : optionalPath(path(folder)),
      pidFile: pidFile === undefined ? undefined : path(pidFile).replace(/^(?!\/)/, '/run/'),
      killMode: reader.oneOf('Service', 'KillMode', ['control-group', 'mixed', 'process', 'none'] as const),
      killSignal: killSignalOf(reader),
      policy,
    },
  };
}

function readCommands(
  reader: UnitReader,
  facts: SpecifierFacts,
):
  | { readonly kind: 'ok'; readonly commands: Readonly<Record<UnitPhase, readonly Command[]>> }
  | { readonly kind: 'bad'; readonly reason: string } {
  const found: Record<UnitPhase, Command[]> = {
    'start-pre': [],
    start: [],
    'start-post': [],
    reload: [],
    stop: [],
    'stop-post': [],
  };
  const expand = (text: string) => expandSpecifiers(text, facts);
  for (const phase of unitPhases) {
    for (const value of reader.list('Service', commandKeys[phase])) {
      const lines = parseCommandLine(value);
      if (lines.kind === 'bad') return { kind: 'bad', reason: `${commandKeys[phase]}: ${lines.reason}` };
      for (const command of lines.commands) {
        // The program is looked for in the node first, so its path stays as the node sees it.
        const program = expandSpecifiers(command.program, { ...facts, folderPrefix: '' });
        found[phase].push({ ...command, program, args: command.args.map(expand) });
      }
    }
  }
  return { kind: 'ok', commands: found };
}

function policyOf(
  reader: UnitReader,
  commands: Readonly<Record<UnitPhase, readonly Command[]>>,
  isFunction: boolean,
): UnitPolicy {
  const type = isFunction ? 'builtin' : typeOf(reader, commands);
  const bothMs = reader.limit('Service', 'TimeoutSec');
  // A function of this program knows itself what it waits for: a member, for the cluster to take it.
  const defaultStartMs = type === 'oneshot' || isFunction ? Number.POSITIVE_INFINITY : 90_000;
  const counts = (phase: UnitPhase) => commands[phase].length;
  return {
    type,
    counts: {
      'start-pre': counts('start-pre'),
      start: counts('start'),
      'start-post': counts('start-post'),
      reload: counts('reload'),
      stop: counts('stop'),
      'stop-post': counts('stop-post'),
    },
    remainsAfterExit: reader.flag('Service', 'RemainAfterExit') ?? false,
    restart: reader.oneOf('Service', 'Restart', isFunction ? builtinRestart : restartRules),
    restartMs: reader.span('Service', 'RestartSec') ?? (isFunction ? 2_000 : 100),
    startTimeoutMs: reader.limit('Service', 'TimeoutStartSec') ?? bothMs ?? defaultStartMs,
    stopTimeoutMs: reader.limit('Service', 'TimeoutStopSec') ?? bothMs ?? 90_000,
    startLimit: {
      intervalMs: reader.span('Unit', 'StartLimitIntervalSec') ?? legacyInterval(reader) ?? 10_000,
      burst: reader.count('Unit', 'StartLimitBurst') ?? reader.count('Service', 'StartLimitBurst') ?? 5,
    },
    success: exitList(reader, 'SuccessExitStatus'),
    restartPrevented: exitList(reader, 'RestartPreventExitStatus'),
    restartForced: exitList(reader, 'RestartForceExitStatus'),
  };
}

const builtinRestart = ['on-failure', ...restartRules] as const;

function legacyInterval(reader: UnitReader): number | undefined {
  return reader.span('Unit', 'StartLimitInterval') ?? reader.span('Service', 'StartLimitInterval');
}

function typeOf(
  reader: UnitReader,
  commands: Readonly<Record<UnitPhase, readonly Command[]>>,
): Exclude<ServiceType, 'builtin'> {
  const fallback = commands.start.length === 0 ? 'oneshot' : 'simple';
  const written = reader.last('Service', 'Type');
  switch (written) {
    case 'exec':
    case 'oneshot':
    case 'forking':
    case 'simple':
      return written;
    // Both tell systemd over a bus or socket when they are ready; here they count as ready once they run.
    case 'notify':
    case 'notify-reload':
    case 'dbus':
      return 'notify';
    default:
      return written === undefined ? fallback : 'simple';
  }
}

function problemOf(policy: UnitPolicy): string | undefined {
  const { type, counts, restart } = policy;
  if (type === 'builtin') return undefined;
  if (type === 'oneshot') {
    if (counts.start === 0 && counts.stop === 0) return 'it has neither ExecStart= nor ExecStop=';
    const isRefused = restart === 'always' || restart === 'on-success';
    return isRefused ? `Restart=${restart} is not allowed with Type=oneshot` : undefined;
  }
  if (counts.start === 0) return 'it has no ExecStart=';
  return counts.start > 1 ? 'it has more than one ExecStart=, which only Type=oneshot may' : undefined;
}

const conditionChecks = {
  ConditionPathExists: 'path-exists',
  ConditionPathIsDirectory: 'path-is-folder',
  ConditionDirectoryNotEmpty: 'folder-not-empty',
  ConditionFileNotEmpty: 'file-not-empty',
} as const;

function conditionsOf(reader: UnitReader, path: (value: string) => string): readonly Condition[] {
  return Object.entries(conditionChecks).flatMap(([key, check]) =>
    reader.list('Unit', key).map((value) => {
      const marks = /^\|?!?/.exec(value)?.[0] ?? '';
      return {
        check,
        path: path(value.slice(marks.length)),
        isNegated: marks.includes('!'),
        isTrigger: marks.includes('|'),
      };
    }),
  );
}

function environmentOf(reader: UnitReader, facts: SpecifierFacts): Environment {
  const pairs = reader.list('Service', 'Environment').flatMap(parseAssignments);
  return Object.fromEntries(pairs.map(([name, value]) => [name, expandSpecifiers(value, facts)]));
}

function optionalPath(value: string): NodePathSetting {
  return { path: value.replace(/^-/, ''), isOptional: value.startsWith('-') };
}

function killSignalOf(reader: UnitReader): UnitSettings['killSignal'] {
  const written = reader.last('Service', 'KillSignal')?.replace(/^(?!SIG)/, 'SIG');
  return written === 'SIGINT' || written === 'SIGHUP' || written === 'SIGKILL' ? written : 'SIGTERM';
}

function exitList(reader: UnitReader, key: string): ExitList {
  const words = reader.list('Service', key).flatMap((value) => value.split(/\s+/));
  const codes = words.filter((word) => /^\d{1,3}$/.test(word)).map(Number);
  const signals = words.filter((word) => /^(SIG)?[A-Z][A-Z0-9]+$/.test(word));
  return { codes, signals: signals.map((word) => word.replace(/^(?!SIG)/, 'SIG')) };
}
