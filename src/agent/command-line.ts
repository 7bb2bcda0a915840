// SPDX-License-Identifier: Apache-2.0

import { splitWords } from './words.js';

/** One command of an `Exec…=` line, before variables are filled in. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Prefix `-`: a failure counts as success. */
  readonly isFailureIgnored: boolean;
  /** False with prefix `:`. */
  readonly isExpanded: boolean;
}

export type CommandLines =
  | { readonly kind: 'ok'; readonly commands: readonly Command[] }
  | { readonly kind: 'bad'; readonly reason: string };

/**
 * Reads the value of an `Exec…=` setting, specifiers already replaced; a lone `;` parts two commands. The
 * prefixes `+`, `!` and `|` change nothing, for units run as the supervisor's own user; with `@` the name that the
 * program sees of itself is dropped, as Node cannot set it.
 *
 * Source: systemd.service(5), "Command lines", v257.
 */
export function parseCommandLine(value: string): CommandLines {
  const words = splitWords(value);
  if (words === undefined) return { kind: 'bad', reason: `a quote is not closed in "${value}"` };
  const groups: string[][] = [[]];
  for (const { text, isQuoted } of words) {
    if (text === ';' && !isQuoted) groups.push([]);
    else groups.at(-1)?.push(text === '\\;' ? ';' : text);
  }
  const commands: Command[] = [];
  for (const group of groups.filter(({ length }) => length > 0)) {
    const command = parseCommand(group);
    if (command === undefined) return { kind: 'bad', reason: `no program in "${value}"` };
    commands.push(command);
  }
  return { kind: 'ok', commands };
}

function parseCommand(words: readonly string[]): Command | undefined {
  const [first = '', ...rest] = words;
  const prefix = /^[-@:+!|]*/.exec(first)?.[0] ?? '';
  const program = first.slice(prefix.length);
  if (program === '') return undefined;
  return {
    program,
    args: prefix.includes('@') ? rest.slice(1) : rest,
    isFailureIgnored: prefix.includes('-'),
    isExpanded: !prefix.includes(':'),
  };
}

/**
 * Fills in variables: `$NAME` as a word of its own becomes as many words as its value has, `${NAME}` anywhere its
 * exact value, `$$` a dollar sign. Unset variables are empty.
 */
export function expandArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  return args.flatMap((arg) => {
    const alone = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(arg)?.[1];
    if (alone !== undefined) return wordsOf(environment[alone] ?? '');
    return [
      arg.replace(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string | undefined) =>
        whole === '$$' ? '$' : (environment[name ?? ''] ?? ''),
      ),
    ];
  });
}

function wordsOf(value: string): readonly string[] {
  const words = splitWords(value);
  if (words === undefined) return value.split(/\s+/).filter((word) => word !== '');
  return words.map(({ text }) => text);
}
