// SPDX-License-Identifier: Apache-2.0

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Issue } from '../model/index.js';
import { type DataPath, renderPath } from './data-path.js';
import { composeYaml, countLines, type YamlVersion } from './yaml-source.js';
import { hintForSyntax } from './yaml-syntax-hint.js';
import { keyOf, offsetOf, readData, sourceOf, type YamlFinding } from './yaml-value.js';

/** A place in a text and the path to it, with keys as they are written. */
export interface YamlPlace {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** YAML text as plain data that still knows where everything stands. */
export interface YamlDocument {
  /** `undefined` when the text holds nothing but comments. */
  readonly value: unknown;
  readonly warnings: readonly Issue[];
  /**
   * The key or the value at `path`; of what is not written, the nearest that is. With `line`, that line of a text
   * that stands below a `|`.
   */
  place(path: DataPath, at?: 'key' | 'value', line?: number): YamlPlace;
  /** A scalar as it is written, without quotes; `undefined` for anything else, and for what is not written. */
  textAt(path: DataPath): string | undefined;
}

export interface YamlOptions {
  /** `1.2` when left out. */
  readonly version?: YamlVersion;
  /** Whether keys that come twice and further documents are refused or only reported; `false` when left out. */
  readonly isLenient?: boolean;
  /** Turns each key into the name it is known by; as written when left out. */
  readonly nameOf?: (key: string) => string;
}

export type YamlResult =
  | { readonly kind: 'ok'; readonly document: YamlDocument }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

/**
 * Reads one YAML document. Never throws. Texts over 1 MiB, over 64 levels deep, or that grow beyond bounds
 * through aliases are refused.
 */
export function openYaml(text: string, options: YamlOptions = {}): YamlResult {
  const version = options.version ?? '1.2';
  const duplicates = options.isLenient === true ? 'warning' : 'error';
  const nameOf = options.nameOf ?? ((key: string) => key);
  const source = composeYaml(text, version);
  const lines = countLines(text);
  const issueOf = (finding: YamlFinding) => placeFinding(finding, lines);
  if (source.kind === 'refused') return { kind: 'bad', issues: [issueOf({ ...source, severity: 'error' })] };
  const { document } = source;
  if (document.errors.length > 0) return { kind: 'bad', issues: syntaxFindings(document).map(issueOf) };
  const data = readData(document, { version, duplicates, nameOf });
  const issues = [...data.findings, ...furtherDocument(source.secondDocument, duplicates)].map(issueOf);
  if (issues.some((issue) => issue.severity === 'error')) return { kind: 'bad', issues };
  const walk = (path: DataPath) => walkTo(path, { document, nameOf, targets: data.targets });
  const place: YamlDocument['place'] = (path, at = 'value', inner) => {
    const step = walk(path);
    if (inner !== undefined && isBlock(step.node)) return placeInBlock(text, lines, step, inner);
    const { line, col } = lines.linePos(at === 'key' ? step.keyOffset : step.offset);
    return { path: step.path, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const textAt: YamlDocument['textAt'] = (path) => {
    const { node } = walk(path);
    return isScalar(node) && node.value !== null ? sourceOf(node) : undefined;
  };
  return { kind: 'ok', document: { value: data.value, warnings: issues, place, textAt } };
}

function isBlock(node: unknown): boolean {
  return isScalar(node) && node.type === 'BLOCK_LITERAL';
}

/** Lines of a block stand below its `|` as they are, each after the same indent. */
function placeInBlock(text: string, lines: LineCounter, step: Step, inner: number): YamlPlace {
  const line = lines.linePos(step.offset).line + inner;
  const start = lines.lineStarts[line - 1] ?? 0;
  const first = lines.lineStarts[line - inner] ?? 0;
  const indent = Math.min(indentAt(text, first), indentAt(text, start));
  return { path: step.path, line, column: indent + 1 };
}

function indentAt(text: string, start: number): number {
  return /^ */.exec(text.slice(start, start + 200))?.[0].length ?? 0;
}

function placeFinding(finding: YamlFinding, lines: LineCounter): Issue {
  const { line, col } = lines.linePos(finding.offset);
  const { severity, rule = 'yaml', message, hint } = finding;
  return { severity, rule, path: '', line: Math.max(1, line), column: Math.max(1, col), message, hint };
}

function syntaxFindings(document: Document.Parsed): readonly YamlFinding[] {
  const seen = new Set<number>();
  return document.errors
    .filter(({ pos }) => !seen.has(pos[0]) && seen.add(pos[0]).size <= 20)
    .map(({ code, message, pos }) => ({
      severity: 'error',
      offset: pos[0],
      message: message.slice(0, 1).toLowerCase() + message.slice(1),
      hint: hintForSyntax(code),
    }));
}

function furtherDocument(
  offset: number | undefined,
  severity: YamlFinding['severity'],
): readonly YamlFinding[] {
  if (offset === undefined) return [];
  return [
    {
      severity,
      offset,
      message: 'a second document begins here',
      hint: 'only the first is read: take the "---" out',
    },
  ];
}

interface Walk {
  readonly document: Document.Parsed;
  readonly nameOf: (key: string) => string;
  readonly targets: ReadonlyMap<Alias, Node>;
}

interface Step {
  readonly node: unknown;
  /** Of the last step that is written: its value, and the key or item it belongs to. */
  readonly offset: number;
  readonly keyOffset: number;
  readonly path: string;
}

function walkTo(path: DataPath, walk: Walk): Step {
  const top = walk.document.contents;
  let step: Step = { node: top, offset: offsetOf(top), keyOffset: offsetOf(top), path: '' };
  const written: (string | number)[] = [];
  for (const name of path) {
    written.push(name);
    const node = isAlias(step.node) ? walk.targets.get(step.node) : step.node;
    const next = typeof name === 'number' ? itemOf(node, name) : findPair(node, name, walk);
    if (next === undefined)
      return { ...step, node: undefined, path: renderPath([...written, ...path.slice(written.length)]) };
    if (next.key !== undefined) written[written.length - 1] = next.key;
    step = { node: next.node, offset: next.offset, keyOffset: next.keyOffset, path: renderPath(written) };
  }
  return step;
}

interface Found {
  readonly node: unknown;
  readonly offset: number;
  readonly keyOffset: number;
  readonly key?: string;
}

function itemOf(node: unknown, index: number): Found | undefined {
  const item = isSeq(node) ? node.items[index] : undefined;
  return item === undefined ? undefined : { node: item, offset: offsetOf(item), keyOffset: offsetOf(item) };
}

function findPair(node: unknown, name: string, walk: Walk): Found | undefined {
  if (!isMap(node)) return undefined;
  const isNamed = (pair: Pair) => walk.nameOf(keyOf(pair) ?? '') === name;
  const own = node.items.findLast(isNamed) ?? node.items.findLast((pair) => isAlmost(pair, name));
  const key = own === undefined ? undefined : keyOf(own);
  if (own === undefined || key === undefined) return findMerged(node, name, walk);
  const keyOffset = offsetOf(own.key);
  const isWritten = own.value !== null && own.value !== undefined;
  return { node: own.value, offset: isWritten ? offsetOf(own.value) : keyOffset, keyOffset, key };
}

/** Data that was checked under other names than written: cloud-config takes dashes for underscores. */
function isAlmost(pair: Pair, name: string): boolean {
  return keyOf(pair)?.replaceAll('-', '_') === name;
}

function findMerged(map: YAMLMap, name: string, walk: Walk): Found | undefined {
  const follow = (node: unknown) => (isAlias(node) ? walk.targets.get(node) : node);
  for (const pair of map.items) {
    if (keyOf(pair) !== '<<') continue;
    const value = follow(pair.value);
    for (const source of isSeq(value) ? value.items.map(follow) : [value]) {
      const found = findPair(source, name, walk);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
