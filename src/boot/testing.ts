// SPDX-License-Identifier: Apache-2.0

import { machineId } from '../model/index.js';
import type { BootMachine, BootPlan, BootProfile } from './plan.js';

/** The machine at `number` (from 1) of the plan below, `core-01` and so on. */
export function bootMachine(number: number, changes: Partial<BootMachine> = {}): BootMachine {
  const digits = number.toString(16).padStart(4, '0');
  const name = `core-${String(number).padStart(2, '0')}`;
  const id = machineId(`00000000000040008000${digits.padStart(12, '0')}`);
  return {
    name,
    machineId: id,
    marks: {
      mac: `52:54:00:00:${digits.slice(0, 2)}:${digits.slice(2)}`,
      uuid: `00000000-0000-4000-8000-${digits.padStart(12, '0')}`,
      serial: `S-${number}`,
    },
    role: 'member',
    args: [],
    facts: {
      machineId: id,
      name,
      hostname: `${name}.cluster.test`,
      privateIpv4: `127.77.4.${100 + number}`,
      publicIpv4: `127.77.4.${100 + number}`,
      privateIpv6: '',
      publicIpv6: '',
    },
    metadata: {},
    storeProgram: '',
    profileUserData: new Map(),
    userData: '#cloud-config\ncoreos:\n  fleet:\n    public-ip: "$public_ipv4"\n',
    ...changes,
  };
}

/** The profile of machines that run the agent, with changes. */
export function bootProfile(changes: Partial<BootProfile> = {}): BootProfile {
  return {
    name: 'default',
    selector: {},
    image: { kind: 'agent' },
    args: [],
    reads: 'cloud-config',
    ...changes,
  };
}

/** A plan at http://127.77.4.1:7070 with one store endpoint and a TTL of 10 seconds. */
export function bootPlan(
  machines: readonly BootMachine[],
  profiles: readonly BootProfile[] = [bootProfile()],
): BootPlan {
  return {
    controlUrl: 'http://127.77.4.1:7070',
    etcdEndpoints: ['http://127.77.4.1:2379'],
    storeEndpoints: [],
    agentTtlSeconds: 10,
    machines,
    profiles,
  };
}
