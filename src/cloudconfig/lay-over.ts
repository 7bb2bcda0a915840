// SPDX-License-Identifier: Apache-2.0

import { type CloudConfig, emptyCloudConfig } from './cloud-config.js';
import { sections } from './sections/index.js';

/**
 * Lays one config over another: mappings merge by key, units by name, files by path, keys are added without
 * repeats, the host name is replaced.
 */
export function layOver(base: CloudConfig, over: CloudConfig): CloudConfig {
  const parts = sections.map((section) => section.lay(base, over));
  return {
    ...Object.assign({}, emptyCloudConfig, ...parts),
    rest: { ...recordOf(layData(base.rest, over.rest)) },
  };
}

function layData(base: unknown, over: unknown): unknown {
  const [below, above] = [recordOf(base), recordOf(over)];
  if (below === undefined || above === undefined) return over;
  const merged = Object.entries(above).map(([key, value]) => [
    key,
    Object.hasOwn(below, key) ? layData(below[key], value) : value,
  ]);
  return { ...below, ...Object.fromEntries(merged) };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
