// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from './ids.js';

/** `member` takes part in the store's cluster, `proxy` reaches it through a local forwarder. */
export type MachineRole = 'member' | 'proxy';

/** What a machine's firmware can say about itself; any of it may be missing. */
export interface MachineMarks {
  /** Lower case with colons: `52:54:00:aa:00:01`. */
  readonly mac?: string;
  /** Lower case with dashes. */
  readonly uuid?: string;
  readonly serial?: string;
}

/** What is known of a machine at run time; fills the variables of its configuration. */
export interface MachineFacts {
  readonly machineId: MachineId;
  readonly name: string;
  readonly hostname: string;
  readonly privateIpv4: string;
  readonly publicIpv4: string;
  readonly privateIpv6: string;
  readonly publicIpv6: string;
}

/** A machine as the registry announces it: the JSON of fleet's `machines/<id>/object`. */
export interface Machine {
  readonly id: MachineId;
  readonly publicIp: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly version: string;
}
