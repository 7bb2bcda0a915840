// SPDX-License-Identifier: Apache-2.0

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { quoteValue } from './data-path.js';
import type { YamlVersion } from './yaml-source.js';

/** A problem at an offset of the text. */
export interface YamlFinding {
  readonly severity: 'error' | 'warning';
  /** What kind of problem it is; `yaml` when left out. */
  readonly rule?: string;
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

export interface YamlData {
  /** Plain data: a value that is not written is `undefined`, text where a number would lose how it is written. */
  readonly value: unknown;
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly findings: readonly YamlFinding[];
}

export interface YamlDataOptions {
  readonly version: YamlVersion;
  /** A key that comes twice: refused, or reported and the last one taken. */
  readonly duplicates: 'error' | 'warning';
  /** Turns each key into the name it is known by. */
  readonly nameOf: (key: string) => string;
}

/** What a node became, and how many values it would hold if its aliases were written out. */
interface Converted {
  readonly value: unknown;
  readonly weight: number;
}

/** Values of a document with its aliases written out. */
const maxWeight = 200_000;
/** More findings of one severity help nobody. */
const maxFindings = 100;

/** The state of one reading. */
interface Reading {
  readonly options: YamlDataOptions;
  readonly anchors: Map<string, { readonly node: Node; converted: Converted | undefined }>;
  readonly targets: Map<Alias, Node>;
  readonly findings: YamlFinding[];
  isTooLarge: boolean;
  /** Between brackets or braces. */
  isInFlow: boolean;
}

const nothing: Converted = { value: undefined, weight: 1 };

/** Turns a composed document into plain data in one pass; an aliased value is shared, never copied. */
export function readData(document: Document.Parsed, options: YamlDataOptions): YamlData {
  const reading = {
    options,
    anchors: new Map(),
    targets: new Map(),
    findings: [],
    isTooLarge: false,
    isInFlow: false,
  };
  const { value } = convert(document.contents, reading);
  return { value, targets: reading.targets, findings: reading.findings };
}

function convert(node: unknown, reading: Reading): Converted {
  if (isAlias(node)) return follow(node, reading);
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return nothing;
  if (node.anchor === undefined) return convertPlain(node, reading);
  const entry: { readonly node: Node; converted: Converted | undefined } = { node, converted: undefined };
  reading.anchors.set(node.anchor, entry);
  entry.converted = convertPlain(node, reading);
  return entry.converted;
}

function convertPlain(node: Scalar | YAMLMap | YAMLSeq, reading: Reading): Converted {
  if (isScalar(node)) return convertScalar(node, reading);
  const outside = reading.isInFlow;
  reading.isInFlow ||= node.flow === true;
  const converted = isMap(node) ? convertMap(node, reading) : convertList(node, reading);
  reading.isInFlow = outside;
  return converted;
}

/** Readers of YAML 1.1 take no colon between brackets but in quotes, however close to the next letter it stands. */
function convertScalar(node: Scalar, reading: Reading): Converted {
  const { version } = reading.options;
  if (version === '1.1' && reading.isInFlow && node.type === 'PLAIN' && sourceOf(node).includes(':')) {
    const message = `readers of old YAML refuse the colon in ${quoteValue(sourceOf(node))} between brackets`;
    report(reading, 'warning', node, message, 'put the value in quotes', 'old-yaml');
  }
  return { value: scalarData(node, version), weight: 1 };
}

function follow(alias: Alias, reading: Reading): Converted {
  const anchor = reading.anchors.get(alias.source);
  if (anchor?.converted === undefined) {
    const isKnown = anchor !== undefined;
    const message = isKnown ? `"*${alias.source}" holds itself` : `no anchor "&${alias.source}" stands above`;
    report(reading, 'error', alias, message, 'write the value out');
    return nothing;
  }
  reading.targets.set(alias, anchor.node);
  return anchor.converted;
}

function convertList(list: YAMLSeq, reading: Reading): Converted {
  const items = list.items.map((item) => convert(item, reading));
  const weight = items.reduce((sum, item) => sum + item.weight, 1);
  return weigh({ value: items.map((item) => item.value), weight }, list, reading);
}

function convertMap(map: YAMLMap, reading: Reading): Converted {
  const { nameOf, duplicates } = reading.options;
  const entries = {};
  const merged = new Map<string, unknown>();
  let weight = 1;
  for (const pair of map.items) {
    const key = keyOf(pair);
    const converted = convert(pair.value, reading);
    weight += converted.weight;
    if (key === undefined)
      report(reading, 'error', pair.key, 'a key must be plain text', 'write it as name: value');
    else if (key === '<<') mergeInto(merged, converted.value, pair, reading);
    else {
      const name = nameOf(key);
      if (Object.hasOwn(entries, name))
        report(
          reading,
          duplicates,
          pair.key,
          `the key ${quoteValue(key)} comes twice`,
          'keep one of them',
          'duplicate-key',
        );
      setField(entries, name, converted.value);
    }
  }
  const value =
    merged.size === 0 ? entries : Object.fromEntries([...merged, ...Object.entries<unknown>(entries)]);
  return weigh({ value, weight }, map, reading);
}

/** A key named `__proto__` is data like any other. */
function setField(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
  else record[name] = value;
}

function mergeInto(merged: Map<string, unknown>, value: unknown, pair: Pair, reading: Reading): void {
  for (const source of Array.isArray(value) ? value : [value]) {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      const message = `${quoteValue(source)} cannot be merged`;
      report(reading, 'error', pair.value, message, 'merge a mapping, or a list of mappings');
      continue;
    }
    for (const [name, item] of Object.entries(source)) if (!merged.has(name)) merged.set(name, item);
  }
}

function weigh(converted: Converted, node: Node, reading: Reading): Converted {
  if (converted.weight <= maxWeight) return converted;
  if (!reading.isTooLarge)
    report(
      reading,
      'error',
      node,
      'aliases make this text too large',
      'write values out, or use fewer aliases',
    );
  reading.isTooLarge = true;
  return nothing;
}

function report(
  reading: Reading,
  severity: YamlFinding['severity'],
  node: unknown,
  message: string,
  hint: string,
  rule = 'yaml',
): void {
  if (reading.findings.filter((finding) => finding.severity === severity).length < maxFindings)
    reading.findings.push({ severity, rule, offset: offsetOf(node), message, hint });
}

/** The text of a key as it is written; `undefined` when it is not a scalar. */
export function keyOf(pair: Pair): string | undefined {
  return isScalar(pair.key) ? sourceOf(pair.key) : undefined;
}

/** The text of a scalar as it is written, without quotes. */
export function sourceOf(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value ?? '');
}

/** Where a node begins. */
export function offsetOf(node: unknown): number {
  const isNode = isScalar(node) || isAlias(node) || isMap(node) || isSeq(node);
  return isNode ? (node.range?.[0] ?? 0) : 0;
}

function scalarData(scalar: Scalar, version: YamlVersion): unknown {
  const { value } = scalar;
  if (value === null || value === undefined) return undefined;
  if (value instanceof Uint8Array) return binaryText(value);
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'number') return sourceOf(scalar);
  return version === '1.1' || String(value) === sourceOf(scalar) ? value : sourceOf(scalar);
}

/** What stands as `!!binary`: text where it is text, otherwise one character for each byte. */
function binaryText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  const text = buffer.toString('utf8');
  return Buffer.from(text).equals(buffer) ? text : buffer.toString('latin1');
}
