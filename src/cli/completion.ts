// SPDX-License-Identifier: Apache-2.0

import type { AnyCommand, Command, CommandInput, ExitCode } from './command.js';
import { fail } from './errors.js';

const machineCommands = ['up', 'down', 'logs', 'ssh', 'reboot'] as const;

/** Prints the script for one shell, made of the command list. */
export async function runCompletion({ args, commands }: CommandInput): Promise<ExitCode> {
  const [shell = ''] = args;
  const render = renderers[shell];
  if (render === undefined) {
    throw fail('cli/usage', { problem: `no completion for shell "${shell}"`, hint: 'use bash, zsh or fish' });
  }
  process.stdout.write(render(commands));
  return 0;
}

const renderers: Readonly<Record<string, (listed: readonly AnyCommand[]) => string>> = {
  bash: renderBash,
  zsh: (listed) => `autoload -U +X bashcompinit && bashcompinit\n${renderBash(listed)}`,
  fish: renderFish,
};

/** What may follow a command: sub-commands, or flags. `-f, --file <path>` holds the words `-f` and `--file`. */
function flagWords(command: AnyCommand): readonly string[] {
  if ('commands' in command) return [...command.commands.map(({ name }) => name), '--help'];
  const own = command.flags.flatMap(({ name }) => name.match(/--?[a-z][\w-]*/gi) ?? []);
  return [...own, '--help'];
}

function renderBash(listed: readonly AnyCommand[]): string {
  const cases = listed.map((command) => `    ${command.name}) words="${flagWords(command).join(' ')}" ;;`);
  return `# bash completion of muster
_muster() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${listed.map(({ name }) => name).join(' ')} help" -- "$word"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
  case "$command" in
    ${machineCommands.join('|')})
      case "$word" in
        -*) ;;
        *) words="$(muster machines -o json 2>/dev/null | sed -n 's/^ *"name": "\\(.*\\)",$/\\1/p')" ;;
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _muster muster
`;
}

function renderFish(listed: readonly AnyCommand[]): string {
  const names = `(muster machines -o json 2>/dev/null | string match -rg '^ *"name": "(.*)",$')`;
  const lines = listed.flatMap((command) => [
    `complete -c muster -n __fish_use_subcommand -f -a ${command.name} -d '${command.summary.replaceAll("'", "\\'")}'`,
    ...flagsOf(command).flatMap(({ name, description }) => {
      const long = /--([a-z][\w-]*)/i.exec(name)?.[1];
      if (long === undefined) return [];
      const short = /^-([a-z]),/i.exec(name)?.[1];
      return [
        `complete -c muster -n '__fish_seen_subcommand_from ${command.name}'${short === undefined ? '' : ` -s ${short}`} -l ${long} -d '${description.replaceAll("'", "\\'")}'`,
      ];
    }),
  ]);
  const machines = `complete -c muster -n '__fish_seen_subcommand_from ${machineCommands.join(' ')}' -f -a "${names}"`;
  return `# fish completion of muster\n${[...lines, machines].join('\n')}\n`;
}

function flagsOf(command: AnyCommand): Command['flags'] {
  return 'commands' in command ? [] : command.flags;
}
