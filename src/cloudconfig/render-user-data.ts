// SPDX-License-Identifier: Apache-2.0

import type { CloudConfig } from './cloud-config.js';
import { renderYaml } from './render-yaml.js';
import { sections } from './sections/index.js';

/** Cloud-config text that `parseUserData` reads as the same config again. Keys have underscores. */
export function renderUserData(config: CloudConfig): string {
  const data = dataOf(config);
  if (Object.keys(data).length === 0) return '#cloud-config\n';
  return `#cloud-config\n${renderYaml(data)}`;
}

/** The config as plain data, with what no section reads at the end. */
function dataOf(config: CloudConfig): Readonly<Record<string, unknown>> {
  const top = new Map<string, unknown>();
  const coreos = new Map<string, unknown>();
  for (const section of sections) {
    const value = section.render(config);
    const name = section.key.at(-1) ?? '';
    if (value !== undefined) (section.key.length > 1 ? coreos : top).set(name, value);
  }
  const { coreos: restCoreos, ...rest } = config.rest;
  const whole = { ...Object.fromEntries(coreos), ...(typeof restCoreos === 'object' ? restCoreos : {}) };
  return {
    ...Object.fromEntries(top),
    ...(Object.keys(whole).length > 0 && { coreos: whole }),
    ...rest,
  };
}
