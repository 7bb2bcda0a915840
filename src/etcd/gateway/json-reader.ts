// SPDX-License-Identifier: Apache-2.0

/** What Go's decoder says of a text that ends too early. */
export const unexpectedEnd = 'unexpected EOF';

/** A text that is no JSON, or not of the message that is wanted, with the reason as etcd's gateway would tell it. */
export class JsonFault extends Error {}

/** A value as it stands in a text, with numbers unread: they may hold more than a JavaScript number does. */
export type JsonNode = Place &
  (
    | { readonly kind: 'null' }
    | { readonly kind: 'number' }
    | { readonly kind: 'bool'; readonly value: boolean }
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
    | { readonly kind: 'object'; readonly fields: readonly JsonField[] }
  );

export interface JsonField {
  readonly name: string;
  readonly place: Place;
  readonly value: JsonNode;
}

/** Of a token; of an array or object the first one. */
export interface Place {
  readonly at: number;
  readonly raw: string;
}

interface Cursor {
  readonly text: string;
  at: number;
}

/** More than any message has; Go allows ten times as many. */
const maxDepth = 1_000;

/**
 * Reads the value that begins at `start`, and tells where it ends. Faults are told as Go's encoding/json does
 * (scanner.go), which is where etcd's gateway meets them.
 *
 * @throws `JsonFault`, `unexpectedEnd` when more text could make a value of it
 */
export function readJson(text: string, start: number): { readonly node: JsonNode; readonly end: number } {
  const cursor = { text, at: start };
  const node = readValue(cursor, 0);
  return { node, end: cursor.at };
}

function readValue(cursor: Cursor, depth: number): JsonNode {
  if (depth > maxDepth) throw new JsonFault('exceeded max depth');
  const char = peek(cursor);
  const at = cursor.at;
  switch (char) {
    case '{':
      return { kind: 'object', at, raw: char, fields: readFields(cursor, depth) };
    case '[':
      return { kind: 'array', at, raw: char, items: readItems(cursor, depth) };
    case '"':
      return { kind: 'string', ...readString(cursor) };
    case 't':
      return { kind: 'bool', value: true, ...readLiteral(cursor, 'true') };
    case 'f':
      return { kind: 'bool', value: false, ...readLiteral(cursor, 'false') };
    case 'n':
      return { kind: 'null', ...readLiteral(cursor, 'null') };
    default:
      if (!/[-\d]/.test(char)) throw unexpected(cursor, 'looking for beginning of value');
      return { kind: 'number', ...readNumber(cursor) };
  }
}

function readFields(cursor: Cursor, depth: number): readonly JsonField[] {
  const fields: JsonField[] = [];
  cursor.at += 1;
  if (peek(cursor) === '}') {
    cursor.at += 1;
    return fields;
  }
  for (;;) {
    if (peek(cursor) !== '"') throw unexpected(cursor, 'looking for beginning of object key string');
    const { value: name, ...place } = readString(cursor);
    if (peek(cursor) !== ':') throw unexpected(cursor, 'after object key');
    cursor.at += 1;
    fields.push({ name, place, value: readValue(cursor, depth + 1) });
    if (!goesOn(cursor, '}', 'after object key:value pair')) return fields;
  }
}

function readItems(cursor: Cursor, depth: number): readonly JsonNode[] {
  const items: JsonNode[] = [];
  cursor.at += 1;
  if (peek(cursor) === ']') {
    cursor.at += 1;
    return items;
  }
  do items.push(readValue(cursor, depth + 1));
  while (goesOn(cursor, ']', 'after array element'));
  return items;
}

/** Takes the comma, or what closes. */
function goesOn(cursor: Cursor, close: string, where: string): boolean {
  const char = peek(cursor);
  if (char !== ',' && char !== close) throw unexpected(cursor, where);
  cursor.at += 1;
  return char === ',';
}

function readString(cursor: Cursor): Place & { readonly value: string } {
  const { text, at } = cursor;
  for (cursor.at += 1; here(cursor) !== '"'; cursor.at += 1) {
    if (here(cursor) < ' ') throw unexpected(cursor, 'in string literal');
    if (here(cursor) === '\\') skipEscape(cursor);
  }
  cursor.at += 1;
  const raw = text.slice(at, cursor.at);
  return { at, raw, value: String(JSON.parse(raw)) };
}

function skipEscape(cursor: Cursor): void {
  cursor.at += 1;
  const char = here(cursor);
  if (!/["\\/bfnrtu]/.test(char)) throw unexpected(cursor, 'in string escape code');
  for (let digits = char === 'u' ? 4 : 0; digits > 0; digits -= 1) {
    cursor.at += 1;
    if (!/[\da-f]/i.test(here(cursor))) throw unexpected(cursor, 'in \\u hexadecimal character escape');
  }
}

function readLiteral(cursor: Cursor, literal: string): Place {
  const { at } = cursor;
  for (const char of literal) {
    if (here(cursor) !== char) throw unexpected(cursor, `in literal ${literal} (expecting '${char}')`);
    cursor.at += 1;
  }
  return { at, raw: literal };
}

function readNumber(cursor: Cursor): Place {
  const { text, at } = cursor;
  const skipDigits = (where: string) => {
    if (!/\d/.test(here(cursor))) throw unexpected(cursor, where);
    while (/^\d/.test(text.charAt(cursor.at))) cursor.at += 1;
  };
  if (text[at] === '-') cursor.at += 1;
  if (here(cursor) === '0') cursor.at += 1;
  else skipDigits('in numeric literal');
  if (text[cursor.at] === '.') {
    cursor.at += 1;
    skipDigits('after decimal point in numeric literal');
  }
  if (/^[eE]/.test(text.charAt(cursor.at))) {
    cursor.at += 1;
    if (/[-+]/.test(here(cursor))) cursor.at += 1;
    skipDigits('in exponent of numeric literal');
  }
  return { at, raw: text.slice(at, cursor.at) };
}

/** The next character that is no space. */
function peek(cursor: Cursor): string {
  while (/^[ \t\r\n]/.test(cursor.text.charAt(cursor.at))) cursor.at += 1;
  return here(cursor);
}

function here({ text, at }: Cursor): string {
  const char = text[at];
  if (char === undefined) throw new JsonFault(unexpectedEnd);
  return char;
}

/** Go looks at bytes and quotes them as its own source would. */
function unexpected(cursor: Cursor, where: string): JsonFault {
  const code = Buffer.from(String.fromCodePoint(cursor.text.codePointAt(cursor.at) ?? 0), 'utf8')[0] ?? 0;
  const char = String.fromCharCode(code);
  const shown = char === "'" ? "\\'" : char === '"' ? char : JSON.stringify(char).slice(1, -1);
  return new JsonFault(`invalid character '${shown.replace('\\u00', '\\x')}' ${where}`);
}
