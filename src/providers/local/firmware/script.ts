// SPDX-License-Identifier: Apache-2.0

/** One command of a line, and when the one behind it is done. */
export interface ScriptCommand {
  /** Variables not yet expanded; empty for an empty command. */
  readonly words: readonly string[];
  readonly next: 'end' | 'always' | 'on-success' | 'on-failure';
}

export interface ScriptLine {
  /** 1-based; of its first line, where backslashes join several. */
  readonly number: number;
  readonly commands: readonly ScriptCommand[];
}

export interface Script {
  readonly lines: readonly ScriptLine[];
  /** Label to index in `lines`; the first of equal labels counts. */
  readonly labels: ReadonlyMap<string, number>;
}

const connectors: ReadonlyMap<string, ScriptCommand['next']> = new Map([
  ['||', 'on-failure'],
  ['&&', 'on-success'],
  [';', 'always'],
]);

/**
 * Reads an iPXE script; `undefined` when the text is none. Nothing else can be wrong at this stage: unknown
 * commands fail when they are reached.
 *
 * Source: ipxe/ipxe src/image/script.c (magic, labels, joined lines), src/core/exec.c (words, connectors, comments)
 */
export function parseScript(text: string): Script | undefined {
  if (!/^#![ig]pxe[ \t\n\v\f\r]/.test(text)) return undefined;
  const lines: ScriptLine[] = [];
  const labels = new Map<string, number>();
  for (const { number, text: line } of joinLines(text)) {
    const [, label, rest = ''] = /^[ \t\v\f\r]*(?::([^ \t\v\f\r]*))?(.*)$/s.exec(line) ?? [];
    if (label !== undefined && !labels.has(label)) labels.set(label, lines.length);
    lines.push({ number, commands: splitCommands(rest) });
  }
  return { lines, labels };
}

/** A backslash at the end of a line joins the next one to it. */
function joinLines(text: string): readonly { readonly number: number; readonly text: string }[] {
  const joined: { number: number; text: string }[] = [];
  let open: { number: number; text: string } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const isJoined = line.endsWith('\\');
    const whole = {
      number: open?.number ?? index + 1,
      text: (open?.text ?? '') + line.slice(0, isJoined ? -1 : undefined),
    };
    open = isJoined ? whole : undefined;
    if (!isJoined) joined.push(whole);
  }
  return open === undefined ? joined : [...joined, open];
}

function splitCommands(line: string): readonly ScriptCommand[] {
  const commands: ScriptCommand[] = [];
  let words: string[] = [];
  for (const word of line.split(/[ \t\v\f\r]+/).filter((part) => part !== '')) {
    if (word.startsWith('#')) break;
    const next = connectors.get(word);
    if (next === undefined) {
      words.push(word);
    } else {
      commands.push({ words, next });
      words = [];
    }
  }
  return [...commands, { words, next: 'end' }];
}
