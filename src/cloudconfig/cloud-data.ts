// SPDX-License-Identifier: Apache-2.0

import type { DataPath, DataProblem } from '../spec/index.js';
import { hintForName, quoteValue } from '../spec/index.js';
import { type CloudConfig, emptyCloudConfig } from './cloud-config.js';
import type { SectionContext } from './section.js';
import { sections } from './sections/index.js';

export interface CloudData {
  /** Complete when no problem is an error. */
  readonly config: CloudConfig;
  readonly problems: readonly DataProblem[];
}

/** Dashes and underscores are the same in every key of cloud-config. */
export function nameOfKey(key: string): string {
  return key.includes('-') ? key.replaceAll('-', '_') : key;
}

/** Reads plain data with keys as `nameOfKey` has them. What no section knows is told, and kept in `rest`. */
export function parseCloudData(data: unknown, context: SectionContext): CloudData {
  if (data === undefined) return { config: emptyCloudConfig, problems: [] };
  const top = findMapping(data);
  if (top === undefined) return { config: emptyCloudConfig, problems: [wrongShape([], data)] };
  const coreos = top.coreos === undefined ? {} : findMapping(top.coreos);
  const problems: DataProblem[] = coreos === undefined ? [wrongShape(['coreos'], top.coreos)] : [];
  const config = { ...emptyCloudConfig };
  for (const section of sections) {
    const value = (section.key.length > 1 ? coreos : top)?.[section.key.at(-1) ?? ''];
    if (value === undefined) continue;
    const parsed = section.parse(value, context);
    problems.push(...parsed.problems);
    Object.assign(config, parsed.part);
  }
  const rest = takeRest(top, [], context);
  const restCoreos = takeRest(coreos ?? {}, ['coreos'], context);
  problems.push(...rest.problems, ...restCoreos.problems);
  const coreosRest = Object.keys(restCoreos.data).length > 0 ? { coreos: restCoreos.data } : {};
  return { config: { ...config, rest: { ...rest.data, ...coreosRest } }, problems };
}

interface Rest {
  readonly data: Readonly<Record<string, unknown>>;
  readonly problems: readonly DataProblem[];
}

function takeRest(
  mapping: Readonly<Record<string, unknown>>,
  above: readonly string[],
  context: SectionContext,
): Rest {
  const known = above.length === 0 ? knownAtTop : knownBelow;
  const others = Object.entries(mapping).filter(([key]) => !known.includes(key));
  if (others.length === 0) return noRest;
  const kept = others.filter(([, value]) => value !== undefined);
  return {
    data: Object.fromEntries(kept.map(([key, value]) => [key, asWritten(value, [...above, key], context)])),
    problems: others.map(([key]) => leftAside([...above, key], key, known)),
  };
}

const noRest: Rest = { data: {}, problems: [] };
const namesBelow = (above: string) =>
  sections.flatMap(({ key }) => (key.slice(0, -1).join() === above ? key.slice(-1) : []));
const knownAtTop = [...namesBelow(''), 'coreos'];
const knownBelow = namesBelow('coreos');

function leftAside(path: DataPath, key: string, known: readonly string[]): DataProblem {
  const hint = findElsewhere(path, key) ?? hintForName(key, known);
  const message = `unknown key ${quoteValue(key)}`;
  return { severity: 'warning', rule: 'unknown-key', path, at: 'key', message, hint };
}

/** A known key in the wrong place: `units` at the top, `write_files` below `coreos`. */
function findElsewhere(path: DataPath, key: string): string | undefined {
  const isTop = path.length === 1;
  const isThere = sections.some((section) => section.key.length > 1 === isTop && section.key.at(-1) === key);
  if (!isThere) return undefined;
  return isTop ? 'it belongs below "coreos:"' : 'it belongs at the top, not below "coreos:"';
}

/** Numbers and booleans whose text says more than their value stay text: `0644`, `off`. */
function asWritten(value: unknown, path: DataPath, context: SectionContext): unknown {
  if (Array.isArray(value)) return value.map((item, index) => asWritten(item, [...path, index], context));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, asWritten(item, [...path, key], context)]));
  }
  if (typeof value !== 'number' && typeof value !== 'boolean') return value;
  const text = context.textAt(path) ?? String(value);
  return text === String(value) ? value : text;
}

function findMapping(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

function wrongShape(path: DataPath, value: unknown): DataProblem {
  const message = `a mapping is expected here, not ${quoteValue(value)}`;
  const hint =
    path.length === 0 ? 'write keys such as hostname: and coreos:' : 'write keys such as units: below it';
  return { severity: 'error', rule: 'wrong-type', path, at: 'value', message, hint };
}
