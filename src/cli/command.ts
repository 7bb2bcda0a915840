// SPDX-License-Identifier: Apache-2.0

/** One flag, in commander's notation: `-o, --output <format>`. */
export interface Flag {
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Shown in the help; the command applies it. */
  readonly default?: string;
}

export interface Argument {
  /** `<name>` is required, `[name]` may be left out, `[name...]` takes any number. */
  readonly name: string;
  readonly description: string;
}

export type FlagValues = Readonly<Record<string, unknown>>;

/** Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
export type ExitCode = number;

export interface CommandInput {
  /** Every command there is. */
  readonly commands: readonly AnyCommand[];
  readonly args: readonly string[];
  readonly flags: FlagValues;
  /** Fires at the first ^C or SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * One sub-command. Help, completion and docs/cli.md are made of this record, so its module imports nothing
 * heavy: `run` loads what it needs.
 */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** A paragraph or two for `--help`. */
  readonly description: string;
  readonly args: readonly Argument[];
  readonly flags: readonly Flag[];
  /** Command line, and what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Not listed: programs call it, not people. */
  readonly isInternal?: boolean;
  /** Words after `--`, and flags that are not muster's, are handed on untouched. */
  readonly passesThrough?: boolean;
  run(input: CommandInput): Promise<ExitCode>;
}

/** Commands of one subject: `muster store serve`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly commands: readonly Command[];
}

export type AnyCommand = Command | CommandGroup;

/** Every command with the words that call it: `up`, `store serve`. */
export function flatten(
  commands: readonly AnyCommand[],
): readonly (readonly [words: string, command: Command])[] {
  return commands.flatMap((command) =>
    'commands' in command
      ? command.commands.map((one) => [`${command.name} ${one.name}`, one] as const)
      : [[command.name, command] as const],
  );
}

export const fileFlag: Flag = {
  name: '-f, --file <path>',
  description: 'cluster file; otherwise cluster.yaml here or in a folder above',
};

export const outputFlag: Flag = {
  name: '-o, --output <format>',
  description: 'how to print',
  choices: ['table', 'json'],
  default: 'table',
};

export const endpointsFlag: Flag = {
  name: '--endpoints <urls>',
  description: 'any etcd, instead of this cluster; also ETCDCTL_ENDPOINTS',
};

/** The text given for a flag, by commander's name for it (`--dry-run` is `dryRun`). */
export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether `--no-NAME` was given: commander has the flag without its "no". */
export function isOff(flags: FlagValues, name: string): boolean {
  return flags[name] === false;
}

export function isSet(flags: FlagValues, name: string): boolean {
  return flags[name] === true;
}
