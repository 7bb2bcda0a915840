// SPDX-License-Identifier: Apache-2.0

/** Whether a name fits a pattern. A pattern that is none fits nothing. */
export type Glob = (name: string) => boolean;

/**
 * A glob as Go's `path.Match` has it, which fleet used: `*` and `?` do not cross `/`, `[a-z]` and `[^a-z]` are classes,
 * a backslash takes away the meaning of what follows. `undefined`: it is malformed.
 */
export function parseGlob(pattern: string): Glob | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const found = readClass(pattern, at + 1);
      if (found === undefined) return undefined;
      source += found.source;
      at = found.last;
    } else {
      if (character === '\\') at += 1;
      if (at >= pattern.length) return undefined;
      source += literal(pattern.charAt(at));
    }
  }
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
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
