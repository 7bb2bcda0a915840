// SPDX-License-Identifier: Apache-2.0

import type { FirmwareFacts } from '../firmware-facts.js';
import type { BootMachine, BootProfile } from '../plan.js';

/**
 * A machine's labels as lines of `KEY=value`, for scripts: its metadata, the selector of its profile, and what it
 * sent. Line ends in a value become blanks.
 *
 * Source: poseidon/matchbox, matchbox/http/metadata.go
 */
export function renderMetadata(machine: BootMachine, profile: BootProfile, facts: FirmwareFacts): string {
  const query = [...facts.said].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = [
    ...Object.entries(machine.metadata).map(([key, value]) => line(key, value)),
    ...Object.entries(profile.selector).map(([key, value]) => line(key, value)),
    ...query.map(([key, value]) => line(`request_query_${key}`, value)),
    line('request_raw_query', query.map(([key, value]) => `${key}=${value}`).join('&')),
  ];
  return `${[...new Set(lines)].join('\n')}\n`;
}

function line(key: string, value: string): string {
  const name = key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
  return `${name}=${value.replaceAll(/[\r\n]+/g, ' ')}`;
}
