// SPDX-License-Identifier: Apache-2.0

import type { IgnitionVariant } from '../cloudconfig/index.js';
import type { MachineFacts, MachineId } from '../model/index.js';

/** What to boot. */
export interface BootProfile {
  /** URL of a kernel, or `muster-agent` on machines that run the agent with no kernel of their own. */
  readonly kernel: string;
  /** URLs; the kernel sees them joined, in this order. */
  readonly initrds: readonly string[];
  /** Kernel arguments; iPXE's `${variables}` in them are expanded by the machine. */
  readonly args: readonly string[];
  /** What its system reads when it boots: cloud-config, or Ignition, made for Flatcar or Fedora CoreOS. */
  readonly reads: 'cloud-config' | IgnitionVariant;
}

/** One machine as the boot server sees it. */
export interface BootMachine {
  readonly name: string;
  readonly machineId: MachineId;
  /** In any notation; the first machine of the plan wins where two have the same. */
  readonly marks: { readonly mac: string; readonly uuid: string; readonly serial?: string };
  readonly profile: BootProfile;
  readonly facts: MachineFacts;
  readonly metadata: Readonly<Record<string, string>>;
  /** The etcd that it runs, when it is a member of the store; empty: it is none. */
  readonly storeProgram: string;
  /** User-data with its variables not yet replaced; `undefined`: an empty one is served. */
  readonly userData: string | undefined;
}

/** Everything that answers depend on. Never changed: a change of the cluster is a new plan. */
export interface BootPlan {
  /** Absolute, as machines reach it: `http://127.77.4.1:7070`. */
  readonly controlUrl: string;
  /** Client URLs of the store at which machines register. */
  readonly etcdEndpoints: readonly string[];
  /** Client URLs of the store that the machines share, where that is another. */
  readonly storeEndpoints: readonly string[];
  readonly agentTtlSeconds: number;
  readonly machines: readonly BootMachine[];
}
