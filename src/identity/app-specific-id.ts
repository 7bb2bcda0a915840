// SPDX-License-Identifier: Apache-2.0

import { createHmac } from 'node:crypto';
import type { MachineId } from '../model/index.js';

/**
 * The ID by which an application knows a machine without telling its machine ID: 32 hex digits.
 *
 * Source: systemd, sd_id128_get_machine_app_specific: HMAC-SHA256 of the application's ID under the machine's, cut to
 * 128 bits and marked as a UUID of version 4.
 */
export function appSpecificId(machine: MachineId, application: string): string {
  const hash = createHmac('sha256', Buffer.from(machine, 'hex'))
    .update(Buffer.from(application, 'hex'))
    .digest()
    .subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x40;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex');
}

/** Of the agent that updates Fedora CoreOS. Source: coreos/zincati, src/identity/mod.rs. */
export const zincatiApplication = 'de35106b6ec24688b63afddaa156679b';
