// SPDX-License-Identifier: Apache-2.0

/** No variable and no expanded word may be longer; in characters. */
export const maxWordLength = 4096;

const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/**
 * Replaces `${name}` and `${name:type}`, innermost first, so that names may be made of variables. What a
 * variable holds is not looked at again, unlike in iPXE, where a variable that names itself never ends.
 * `undefined` when the result is longer than `maxWordLength`.
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string | undefined {
  const open = [''];
  const add = (piece: string) => open.push((open.pop() ?? '') + piece);
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('${', at)) {
      open.push('');
      at += 2;
      continue;
    }
    if (text[at] === '}' && open.length > 1) add(lookUp(open.pop() ?? '', variables));
    else add(text[at] ?? '');
    if ((open.at(-1) ?? '').length > maxWordLength) return undefined;
    at += 1;
  }
  // A bracket that was never closed stands for itself.
  const whole = open.join('${');
  return whole.length > maxWordLength ? undefined : whole;
}

/** A variable's name as `set` takes it: a type behind it and `netX/` before it say nothing here. */
export function plainName(name: string): string {
  const [plain = ''] = name.split(':');
  return plain.replace(/^net(\d+|X)\//, '');
}

function lookUp(name: string, variables: ReadonlyMap<string, string>): string {
  const value = variables.get(plainName(name));
  if (value === undefined) return '';
  const colon = name.indexOf(':');
  return colon < 0 ? value : format(value, name.slice(colon + 1));
}

/** As in iPXE a type that is not known gives nothing. */
function format(value: string, type: string): string {
  switch (type) {
    case 'string':
    case 'uuid':
    case 'ipv4':
      return value;
    case 'uristring':
      return encodeURIComponent(value);
    case 'hex':
      return hexPairs(value).join(':');
    case 'hexhyp':
      return hexPairs(value).join('-');
    case 'hexraw':
      return hexPairs(value).join('');
    default:
      return '';
  }
}

/** A MAC is six bytes, any other value the bytes of its text. */
function hexPairs(value: string): readonly string[] {
  if (macPattern.test(value)) return value.toLowerCase().split(':');
  return [...new TextEncoder().encode(value)].map((byte) => byte.toString(16).padStart(2, '0'));
}
