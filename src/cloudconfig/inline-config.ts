// SPDX-License-Identifier: Apache-2.0

import { inputSchema, type OptionParser, type OptionProblem } from '../spec/index.js';
import type { CloudConfig } from './cloud-config.js';
import { nameOfKey, parseCloudData } from './cloud-data.js';
import { sections } from './sections/index.js';
import type { UserDataDeps } from './user-data.js';

export type InlineConfig =
  | { readonly kind: 'ok'; readonly options: CloudConfig; readonly problems: readonly OptionProblem[] }
  | { readonly kind: 'bad'; readonly problems: readonly OptionProblem[] };

/** Reads cloud-config keys that stand in a cluster file, where they came as plain data. Never throws. */
export function parseInlineConfig(data: unknown, deps: UserDataDeps = {}): InlineConfig {
  const named = nameKeys(data);
  const textAt = () => undefined;
  const { config, problems } = parseCloudData(named, { textAt, gunzip: deps.gunzip });
  const isBad = problems.some(({ severity }) => severity === 'error');
  return isBad ? { kind: 'bad', problems } : { kind: 'ok', options: config, problems };
}

/** For `parseClusterFile`, which tells where in the cluster file each problem stands. */
export function inlineConfigParser(deps: UserDataDeps = {}): OptionParser {
  return { parse: (value) => parseInlineConfig(value, deps), jsonSchema: cloudConfigSchema };
}

/** JSON Schema (draft 7) of cloud-config as far as muster reads it; other keys are allowed. */
function cloudConfigSchema(): Readonly<Record<string, unknown>> {
  const shapes = sections.map(({ key, schema }) => {
    const { $schema: _, ...shape } = inputSchema(schema);
    return { name: key.at(-1) ?? '', isCoreos: key.length > 1, shape };
  });
  const pick = (isCoreos: boolean) =>
    Object.fromEntries(
      shapes.filter((each) => each.isCoreos === isCoreos).map(({ name, shape }) => [name, shape]),
    );
  const coreos = { type: 'object', properties: pick(true) };
  return { type: 'object', description: 'Cloud-config keys.', properties: { ...pick(false), coreos } };
}

function nameKeys(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(nameKeys);
  if (typeof data !== 'object' || data === null) return data ?? undefined;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [nameOfKey(key), nameKeys(value)]));
}
