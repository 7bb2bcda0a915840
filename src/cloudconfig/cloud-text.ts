// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../model/index.js';
import { type DataPath, openYaml, type YamlDocument } from '../spec/index.js';
import { type CloudData, nameOfKey, parseCloudData } from './cloud-data.js';
import type { Gunzip } from './section.js';

/** The text of a cloud-config, read: what stands where, and what it says. */
export type CloudText =
  | { readonly kind: 'ok'; readonly document: YamlDocument; readonly read: CloudData }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

/** Stands for the backslash before a variable while YAML is read; of Unicode's private use. */
const mark = '\uE000';

const escaped = /\\(?=\$(?:(?:private|public)_ipv[46]|muster_(?:name|hostname|machine_id)))/g;

/**
 * Reads the YAML and the sections of a cloud-config by the rules of YAML 1.1: `on` is true and 0644 is octal, as when
 * the format was made. The backslash that keeps a variable is no escape of YAML, also not between double quotes: it
 * goes away before a machine reads the text.
 */
export function readCloudText(text: string, gunzip: Gunzip | undefined): CloudText {
  const isMarked = text.includes('\\$') && !text.includes(mark);
  const source = isMarked ? text.replace(escaped, mark) : text;
  const opened = openYaml(source, { version: '1.1', isLenient: true, nameOf: nameOfKey });
  if (opened.kind === 'bad') return opened;
  const document = isMarked ? unmark(opened.document) : opened.document;
  return { kind: 'ok', document, read: parseCloudData(document.value, { textAt: document.textAt, gunzip }) };
}

function unmark(document: YamlDocument): YamlDocument {
  return {
    ...document,
    value: unmarkValue(document.value),
    textAt: (path: DataPath) => document.textAt(path)?.replaceAll(mark, '\\'),
  };
}

function unmarkValue(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(mark, '\\');
  if (Array.isArray(value)) return value.map(unmarkValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unmarkValue(item)]));
}
