// SPDX-License-Identifier: Apache-2.0

import { Command as Commander, CommanderError, Option } from 'commander';
import type { AnyCommand, Command, ExitCode } from './command.js';
import { commands } from './commands/index.js';
import { version } from './version.js';

/**
 * Runs one command line (without `node` and the program's name) and returns the exit code. The first ^C or
 * SIGTERM asks the command to end in good order, the second ends the process.
 */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  const interrupt = watchInterrupts();
  endWithReader();
  const program = new Commander('muster')
    .description('Turns any number of network-booted machines into one cluster that stays whole.')
    .usage('COMMAND [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', firstMinute);
  const called = argv[0] === 'help' ? argv[1] : argv[0];
  for (const command of commands) {
    if (command.name !== called) {
      mention(program, command);
      continue;
    }
    addAny(program, command, interrupt.signal, (result) => {
      code = result;
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error);
    const { printError } = await import('./app.js');
    return printError(error, interrupt.signal);
  } finally {
    interrupt.stop();
  }
}

/** A command that was not called needs its line in the overview, and none of its flags: they take time to set up. */
function mention(program: Commander, command: AnyCommand): void {
  const isHidden = !('commands' in command) && command.isInternal === true;
  const words = 'commands' in command ? [] : command.args.map(({ name }) => name);
  program
    .command([command.name, ...words].join(' '), { hidden: isHidden })
    .summary(command.summary)
    .helpOption(false);
}

function addAny(
  program: Commander,
  command: AnyCommand,
  signal: AbortSignal,
  onDone: (code: ExitCode) => void,
): void {
  if (!('commands' in command)) return addCommand(program, command, signal, onDone);
  const group = program
    .command(command.name)
    .summary(command.summary)
    .description(command.description)
    .usage('COMMAND [options]')
    .helpOption('-h, --help', 'print this help')
    .exitOverride();
  for (const one of command.commands) addCommand(group, one, signal, onDone);
}

function addCommand(
  program: Commander,
  command: Command,
  signal: AbortSignal,
  onDone: (code: ExitCode) => void,
): void {
  const added = program
    .command(command.name, { hidden: command.isInternal === true })
    .summary(command.summary)
    .description(reflow(command.description))
    .helpOption('-h, --help', 'print this help')
    .exitOverride();
  for (const argument of command.args) added.argument(argument.name, argument.description);
  for (const flag of command.flags) {
    const hint = flag.default === undefined ? '' : ` (default: ${flag.default})`;
    const option = new Option(flag.name, flag.description + hint);
    if (flag.choices !== undefined) option.choices([...flag.choices]);
    added.addOption(option);
  }
  if (command.passesThrough === true) added.passThroughOptions();
  added.addHelpText('after', renderExamples(command));
  added.action(async (...given: unknown[]) => {
    const args = given
      .slice(0, -2)
      .flat()
      .filter((value) => typeof value === 'string');
    onDone(await command.run({ commands, args, flags: added.opts(), signal }));
  });
}

/** Lines of a paragraph become one, for commander to break where the terminal ends. */
function reflow(text: string): string {
  return text.replace(/(?<!\n)\n(?!\n)/g, ' ');
}

function renderExamples(command: Command): string {
  const width = Math.max(...command.examples.map(([line]) => line.length));
  return [
    '',
    'Examples:',
    ...command.examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`),
  ].join('\n');
}

const firstMinute = `
The first minute:
  muster up        bring up three machines on this computer, no file needed
  muster status    see them
  muster ssh core-01 -- etcdctl member list
  muster destroy   remove every trace

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

function usageExit(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? 0 : 2;
}

/** Whoever read our output has gone, as `head` does: there is nothing more to say, and nothing is wrong. */
function endWithReader(): void {
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

function watchInterrupts() {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stop() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
