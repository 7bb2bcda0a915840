// SPDX-License-Identifier: Apache-2.0

import type { MachineMarks } from '../model/index.js';
import type { ClusterFile } from './cluster-file.js';
import type { MachineSpec } from './cluster-spec.js';
import type { MachineFields } from './machine-fields.js';

/** `core-01` for index 0. Two digits at least, and never more for being many: a growing cluster renames nobody. */
export function defaultMachineName(index: number): string {
  return `core-${String(index + 1).padStart(2, '0')}`;
}

/** The machines of a cluster file, in its order, with every default filled in. */
export function completeMachines(machines: ClusterFile['machines']): readonly MachineSpec[] {
  if (typeof machines !== 'number') return machines.map(completeMachine);
  return Array.from({ length: machines }, (_, index) => ({
    name: defaultMachineName(index),
    role: 'member',
    marks: {},
    metadata: {},
    privateIpv4: '',
    publicIpv4: '',
    privateIpv6: '',
    publicIpv6: '',
    userData: undefined,
  }));
}

function completeMachine(fields: MachineFields, index: number): MachineSpec {
  const { mac, uuid, serial, name, userData, ...rest } = fields;
  const marks: MachineMarks = {
    ...(mac !== undefined && { mac }),
    ...(uuid !== undefined && { uuid }),
    ...(serial !== undefined && { serial }),
  };
  return { ...rest, name: name ?? defaultMachineName(index), marks, userData };
}
