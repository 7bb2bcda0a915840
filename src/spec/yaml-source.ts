// SPDX-License-Identifier: Apache-2.0

import { Composer, type CST, Document, Lexer, LineCounter, Parser } from 'yaml';

/** Which rules read plain scalars: in 1.1 `on` is true and `0644` is 420, in 1.2 they are "on" and 644. */
export type YamlVersion = '1.1' | '1.2';

/** Text that is refused before it is understood; `offset` is where the reader gave up. */
export interface YamlRefusal {
  readonly kind: 'refused';
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

export interface YamlSource {
  readonly kind: 'ok';
  readonly document: Document.Parsed;
  /** Where a second document begins, which nobody reads. */
  readonly secondDocument: number | undefined;
}

/** Largest text in UTF-8. */
const maxBytes = 1024 * 1024;
/** Deepest nesting; also keeps the library's recursion off the stack's end. */
const maxDepth = 64;
/** Lexical tokens: bounds the time, about 3 s at worst; a cluster of 1,000 machines has under 100,000. */
const maxTokens = 200_000;
/** Errors of the first stage; more of them tell nobody anything. */
const maxErrors = 20;

/**
 * Runs the library's stages by hand, so that size, depth and number of errors are bounded before the stage that
 * recurses. Duplicate keys are left to the next stage: the library's own check takes quadratic time.
 */
export function composeYaml(text: string, version: YamlVersion): YamlSource | YamlRefusal {
  if (Buffer.byteLength(text) > maxBytes) return refuse(0, 'the text is larger than 1 MiB', 'split it');
  const scanned = scan(text);
  if (scanned.kind === 'refused') return scanned;
  const schema = text.includes('%YAML') ? {} : { schema: schemas[version] };
  const composer = new Composer({ ...composing, version, ...schema });
  const [first, second] = composer.compose(scanned.tokens, true, text.length);
  if (first === undefined) return refuse(0, 'the text holds no document', 'write at least one key');
  return { kind: 'ok', document: first, secondDocument: second?.range[0] };
}

const composing = { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;

/** Made once: the library makes one for each document otherwise, which takes as long as composing a small one. */
const schemas = {
  1.1: new Document(null, { version: '1.1' }).schema,
  1.2: new Document(null, { version: '1.2' }).schema,
} as const;

/** Where each line begins, so that an offset can be told as line and column. */
export function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

function scan(text: string): YamlRefusal | { readonly kind: 'ok'; readonly tokens: readonly CST.Token[] } {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  let errors = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'error') errors += 1;
    }
    count += 1;
    if (parser.stack.length > maxDepth)
      return refuse(parser.offset, `nested deeper than ${maxDepth} levels`, 'write it with fewer levels');
    if (count > maxTokens) return refuse(parser.offset, 'too many values in one text', 'split it');
    if (errors > maxErrors) break;
  }
  tokens.push(...parser.end());
  return { kind: 'ok', tokens };
}

function refuse(offset: number, message: string, hint: string): YamlRefusal {
  return { kind: 'refused', offset, message, hint };
}
