// SPDX-License-Identifier: Apache-2.0

import { fail } from '../../errors.js';
import { failed, type Memory, printable, type Result, type Scope } from './machine.js';
import { maxWordLength, plainName } from './variables.js';

/** A command that needs nothing from outside. */
export type PlainCommand = (memory: Memory, args: readonly string[], scope: Scope) => Result;

const maxVariables = 256;
const maxInitrds = 64;
const localKernel = 'muster-agent';
const ok: Result = { kind: 'ok' };

/** The network of a local machine is there from the start, so that `dhcp` and its like have nothing to do. */
export const plainCommands: ReadonlyMap<string, PlainCommand> = new Map<string, PlainCommand>([
  ['set', setVariable],
  ['clear', (memory, [name = '']) => setVariable(memory, [name])],
  ['isset', (_memory, args) => (args.some((arg) => arg !== '') ? ok : failed('it is not set'))],
  ['iseq', (_memory, [left, right]) => (left === right ? ok : failed(`"${left}" is not "${right}"`))],
  ['goto', goTo],
  ['exit', (_memory, [code = '0']) => ({ kind: 'exit', isOk: Number(code) === 0 })],
  ['kernel', loadKernel],
  ['initrd', loadInitrd],
  ['imgfree', freeImages],
  ['ifopen', () => ok],
  ['ifconf', () => ok],
  ['dhcp', () => ok],
]);

/** The words behind the options of an image command; `undefined` when an option is not known. */
export function skipImageOptions(args: readonly string[]): readonly string[] | undefined {
  const [first = '', ...rest] = args;
  if (!first.startsWith('-')) return args;
  if (['--autofree', '-a', '--replace', '-r'].includes(first)) return skipImageOptions(rest);
  if (/^--(name|timeout)=/.test(first)) return skipImageOptions(rest);
  if (['--name', '-n', '--timeout', '-t'].includes(first)) return skipImageOptions(rest.slice(1));
  return undefined;
}

/** A URL as a script at `base` means it; `undefined` when it is none that can be fetched. */
export function resolveUrl(text: string, base: string): string | undefined {
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
}

/** With no value it is the same as `clear`. */
function setVariable(memory: Memory, [name = '', ...words]: readonly string[]): Result {
  const key = plainName(name);
  const value = words.join(' ');
  if (key === '') return failed('a variable needs a name');
  if (value.length > maxWordLength) return failed(`the value is longer than ${maxWordLength} characters`);
  if (value === '') memory.variables.delete(key);
  else memory.variables.set(key, value);
  if (memory.variables.size <= maxVariables) return ok;
  memory.variables.delete(key);
  return failed(`there are more than ${maxVariables} variables`);
}

function goTo(_memory: Memory, [label = '']: readonly string[], scope: Scope): Result {
  const index = scope.script.labels.get(label);
  return index === undefined ? failed(`there is no label ":${label}"`) : { kind: 'goto', index };
}

function loadKernel(memory: Memory, args: readonly string[], scope: Scope): Result {
  const [kernel, ...words] = skipImageOptions(args) ?? [];
  if (kernel === undefined) return failed('which kernel? (or an option that is not known)');
  if (kernel !== localKernel) {
    throw fail('providers/unfit-kernel', { url: scope.url, kernel: printable(kernel) });
  }
  memory.kernel = { kernel, commandLine: words.join(' ') };
  return ok;
}

function loadInitrd(memory: Memory, args: readonly string[], scope: Scope): Result {
  const [text] = skipImageOptions(args) ?? [];
  const url = text === undefined ? undefined : resolveUrl(text, scope.url);
  if (url === undefined) return failed(`"${text ?? ''}" is no URL of an initrd`);
  if (memory.initrds.length >= maxInitrds) return failed(`there are more than ${maxInitrds} initrds`);
  memory.initrds = [...memory.initrds, url];
  return ok;
}

function freeImages(memory: Memory): Result {
  memory.kernel = undefined;
  memory.initrds = [];
  return ok;
}
