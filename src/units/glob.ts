// SPDX-License-Identifier: Apache-2.0

/** Whether a name fits a pattern. A pattern that is none fits nothing. */
export type Glob = (name: string) => boolean;

/**
 * A glob as Go's `path.Match` has it, which fleet used: `*` and `?` do not cross `/`, `[a-z]` and `[^a-z]` are classes,
 * a backslash takes away the meaning of what follows. `undefined`: it is malformed.
 */
export function parseGlob(pattern: string): Glob | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === '*') tokens.push(anyRun);
    else if (character === '?') tokens.push(/[^/]/s);
    else if (character === '[') {
      const found = readClass(pattern, at + 1);
      if (found === undefined) return undefined;
      tokens.push(new RegExp(found.source, 's'));
      at = found.last;
    } else {
      if (character === '\\') at += 1;
      if (at >= pattern.length) return undefined;
      tokens.push(pattern.charAt(at));
    }
  }
  return (name) => isMatch(tokens, name);
}

/** A character, a class of them, or `*`. */
type Token = string | RegExp | typeof anyRun;
const anyRun = Symbol('*');

/**
 * Only ever the last `*` takes more than it has: whoever may submit a unit must not keep the engine busy for hours, as a
 * regular expression of many would. Cost: at most the length of the pattern times that of the name.
 */
function isMatch(tokens: readonly Token[], name: string): boolean {
  let token = 0;
  let run: { readonly after: number; at: number } | undefined;
  for (let at = 0; at < name.length || token < tokens.length; ) {
    const wanted = tokens[token];
    if (wanted === anyRun) {
      token += 1;
      run = { after: token, at };
    } else if (wanted !== undefined && at < name.length && isOne(wanted, name.charAt(at))) {
      token += 1;
      at += 1;
    } else {
      if (run === undefined || run.at >= name.length || name.charAt(run.at) === '/') return false;
      run.at += 1;
      token = run.after;
      at = run.at;
    }
  }
  return true;
}

function isOne(wanted: string | RegExp, character: string): boolean {
  return typeof wanted === 'string' ? wanted === character : wanted.test(character);
}

/** From after the bracket; `last` is the closing one. */
function readClass(pattern: string, from: number) {
  const isNegated = pattern.charAt(from) === '^';
  let at = isNegated ? from + 1 : from;
  let ranges = '';
  const character = () => {
    if (pattern.charAt(at) === '\\') at += 1;
    const found = pattern.charAt(at);
    at += 1;
    return found;
  };
  for (let count = 0; ; count += 1) {
    const next = pattern.charAt(at);
    if (next === '' || (count === 0 && next === ']')) return undefined;
    if (next === ']') return { source: `[${isNegated ? '^' : ''}${ranges}]`, last: at };
    if (next === '-') return undefined;
    const low = character();
    let high = low;
    if (pattern.charAt(at) === '-') {
      at += 1;
      if (pattern.charAt(at) === ']') return undefined;
      high = character();
    }
    if (low === '' || high === '') return undefined;
    // An empty range fits nothing, but is no mistake.
    if (low <= high) ranges += `${literal(low)}-${literal(high)}`;
  }
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character;
}
