// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type MachineFacts, machineId } from '../model/index.js';
import type { CloudConfig } from './cloud-config.js';
import { parseUserData } from './user-data.js';

const golden = join(import.meta.dirname, '../../test/golden');

/** A text below test/golden. */
export function readGolden(path: string): string {
  return readFileSync(join(golden, path), 'utf8');
}

/** The golden text to compare `text` with; with UPDATE_GOLDEN=1 it is `text` from now on. */
export function goldenOf(path: string, text: string): string {
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(join(golden, path)), { recursive: true });
    writeFileSync(join(golden, path), text);
  }
  return readGolden(path);
}

/** Facts of a machine core-01 at 10.0.0.11, outside 192.0.2.11, without IPv6. */
export const sampleFacts: MachineFacts = {
  machineId: machineId('00000000000040008000000000000001'),
  name: 'core-01',
  hostname: 'core-01.muster.internal',
  privateIpv4: '10.0.0.11',
  publicIpv4: '192.0.2.11',
  privateIpv6: '',
  publicIpv6: '',
};

/** The config of a text that is one; throws with all issues otherwise. */
export function cloudConfigOf(text: string): CloudConfig {
  const parsed = parseUserData(text);
  if (parsed.kind !== 'cloud-config') throw new Error(JSON.stringify(parsed));
  return parsed.config;
}
