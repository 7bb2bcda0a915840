// SPDX-License-Identifier: Apache-2.0

import { plainCommands, resolveUrl, skipImageOptions } from './commands.js';
import {
  countLine,
  type FirmwareMachine,
  failed,
  type Memory,
  openMemory,
  type Result,
  type Scope,
  type Source,
  type Steps,
} from './machine.js';
import { parseScript, type ScriptLine } from './script.js';
import { expand, maxWordLength } from './variables.js';

const maxDepth = 8;
const maxSleepSeconds = 3600;

/**
 * One boot from power-on: fetches the first script and does what it says. Ends with `boot`, or with `failed`
 * or `ok` of that script, when nothing was booted.
 *
 * @throws `providers/script-loops`, `providers/unfit-kernel`
 */
export function* bootOnce(machine: FirmwareMachine): Steps<Result> {
  const memory = openMemory(machine.marks);
  const fetched = yield* fetchScript(memory, machine.bootUrl);
  return fetched.kind === 'replace' ? yield* runScript(memory, fetched.source, 0) : fetched;
}

/** Runs a script, and whatever it has put in its place with `chain --replace`. */
function* runScript(memory: Memory, first: Source, depth: number): Steps<Result> {
  for (let source = first; ; ) {
    const result = yield* runLines(memory, source, depth);
    if (result.kind !== 'replace') return result;
    source = result.source;
  }
}

function* runLines(memory: Memory, { url, text }: Source, depth: number): Steps<Result> {
  const script = parseScript(text);
  if (script === undefined) return failed(`what ${url} answered is no iPXE script`);
  for (let at = 0; at < script.lines.length; at += 1) {
    const line = script.lines[at];
    if (line === undefined) break;
    countLine(memory, url, line.number);
    const result = yield* runLine(memory, line, { url, script, depth });
    if (result.kind === 'goto') at = result.index - 1;
    else if (result.kind === 'exit') return result.isOk ? { kind: 'ok' } : failed('it said "exit"');
    else if (result.kind === 'failed')
      return { ...result, reason: `${url} line ${line.number}: ${result.reason}` };
    else if (result.kind !== 'ok') return result;
  }
  return { kind: 'ok' };
}

/** `a || b && c` as iPXE reads it: from left to right, each connector looking at the last command that was done. */
function* runLine(memory: Memory, line: ScriptLine, scope: Scope): Steps<Result> {
  let result: Result = { kind: 'ok' };
  let isWanted = true;
  for (const { words, next } of line.commands) {
    if (isWanted) result = yield* runCommand(memory, words, scope);
    if (result.kind !== 'ok' && result.kind !== 'failed') return result;
    isWanted = next === 'always' || (next === 'on-success') === (result.kind === 'ok');
  }
  return result;
}

function* runCommand(memory: Memory, words: readonly string[], scope: Scope): Steps<Result> {
  const expanded: string[] = [];
  for (const word of words) {
    const whole = expand(word, memory.variables);
    if (whole === undefined) return failed(`a word is longer than ${maxWordLength} characters`);
    expanded.push(whole);
  }
  const [name, ...args] = expanded;
  if (name === undefined) return { kind: 'ok' };
  const plain = plainCommands.get(name);
  if (plain !== undefined) return plain(memory, args, scope);
  switch (name) {
    case 'echo':
      return yield* echo(args);
    case 'sleep':
      return yield* sleep(memory, args);
    case 'chain':
      return yield* chain(memory, args, scope);
    case 'boot':
      return args.length > 0 ? yield* chain(memory, args, scope) : boot(memory);
    default:
      return failed(`"${name}" is no command that this firmware knows`);
  }
}

function* echo(args: readonly string[]): Steps<Result> {
  yield { kind: 'print', text: (args[0] === '-n' ? args.slice(1) : args).join(' ') };
  return { kind: 'ok' };
}

/** A sleep of 0 seconds is no wait: a loop around it is refused as one without. */
function* sleep(memory: Memory, [text = '']: readonly string[]): Steps<Result> {
  if (!/^\d{1,9}$/.test(text)) return failed(`"${text}" is no number of seconds`);
  const seconds = Math.min(Number(text), maxSleepSeconds);
  if (seconds > 0) {
    memory.linesSinceWait = 0;
    yield { kind: 'sleep', ms: seconds * 1000 };
  }
  return { kind: 'ok' };
}

function* chain(memory: Memory, args: readonly string[], scope: Scope): Steps<Result> {
  const [text] = skipImageOptions(args) ?? [];
  const url = text === undefined ? undefined : resolveUrl(text, scope.url);
  if (url === undefined) return failed(`"${text ?? ''}" is no URL of a script`);
  const fetched = yield* fetchScript(memory, url);
  const isReplace = args
    .slice(0, args.indexOf(text ?? ''))
    .some((arg) => arg === '--replace' || arg === '-r');
  if (fetched.kind !== 'replace' || isReplace) return fetched;
  if (scope.depth >= maxDepth) return failed(`more than ${maxDepth} scripts wait for each other`);
  return yield* runScript(memory, fetched.source, scope.depth + 1);
}

function boot(memory: Memory): Result {
  if (memory.kernel === undefined) return failed('there is no kernel to boot');
  return { kind: 'boot', kernel: { ...memory.kernel, initrds: memory.initrds } };
}

function* fetchScript(memory: Memory, url: string): Steps<Result> {
  memory.linesSinceWait = 0;
  const reply = yield { kind: 'fetch', url };
  if (reply?.kind === 'fetched') return { kind: 'replace', source: { url, text: reply.text } };
  return { kind: 'failed', reason: `${url}: ${reply?.reason ?? 'no answer'}`, isFetch: true };
}
