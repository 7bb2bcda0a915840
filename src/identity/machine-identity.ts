// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { findMachineId, type MachineId, type MachineMarks, machineId } from '../model/index.js';

/** Who one machine of a cluster is, every mark filled in. */
export interface MachineIdentity {
  readonly machineId: MachineId;
  /** Locally administered when minted: `52:54:00:…`. */
  readonly mac: string;
  readonly uuid: string;
}

/**
 * The identity of the machine `name`, the same at every call: marks that the operator wrote stay, missing
 * ones are minted from the cluster's ID and the name. The machine ID is the UUID without dashes, as systemd
 * takes it from a virtual machine's firmware, so that it is stable with nothing kept on a disk.
 *
 * @param clusterId 32 hex digits, minted once per cluster: equal names in two clusters get different IDs
 */
export function machineIdentity(clusterId: string, name: string, marks: MachineMarks): MachineIdentity {
  const digest = createHash('sha256').update(`muster machine\n${clusterId}\n${name}`).digest();
  const uuid = marks.uuid ?? mintUuid(digest);
  const mac = marks.mac ?? ['52', '54', '00', ...hexPairs(digest.subarray(16, 19))].join(':');
  return { machineId: findMachineId(uuid) ?? machineId(plainHex(digest)), mac, uuid };
}

/** A UUID of version 8 (RFC 9562: content up to the maker). */
function mintUuid(digest: Uint8Array): string {
  const hex = plainHex(digest);
  const variant = '89ab'[(digest[8] ?? 0) & 3] ?? '8';
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function plainHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 16)).toString('hex');
}

function hexPairs(bytes: Uint8Array): string[] {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
}
