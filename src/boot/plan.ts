// SPDX-License-Identifier: Apache-2.0

import type { IgnitionVariant } from '../cloudconfig/index.js';
import type { MachineFacts, MachineId } from '../model/index.js';

/** A file that machines fetch, known by what is in it. */
export interface BootAsset {
  /** Lower-case hex. */
  readonly sha256: string;
  /** On this computer, absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970; a file that was written since is served no more. */
  readonly modifiedMs: number;
}

export type BootImage =
  /** Machines that run the agent with no kernel of their own. */
  | { readonly kind: 'agent' }
  | {
      readonly kind: 'ready';
      readonly kernel: BootAsset;
      /** The kernel sees them joined, in this order. */
      readonly initrds: readonly BootAsset[];
      readonly args: readonly string[];
    }
  /** It is fetched, or is nowhere: machines wait. `why` is for people, one line. */
  | { readonly kind: 'away'; readonly why: string };

/** What to boot, and who boots it. */
export interface BootProfile {
  readonly name: string;
  /** Labels that a machine must have, all of them; empty: every machine. */
  readonly selector: Readonly<Record<string, string>>;
  readonly image: BootImage;
  /** After those of the image; iPXE's `${variables}` in them are expanded by the machine. */
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
  readonly role: string;
  readonly facts: MachineFacts;
  /** Kernel arguments of this machine alone, after those of its profile. */
  readonly args: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The etcd that it runs, when it is a member of the store; empty: it is none. */
  readonly storeProgram: string;
  /** User-data with its variables not yet replaced; `undefined`: an empty one is served. */
  readonly userData: string | undefined;
  /** By the name of a profile that has user-data of its own: that, with the machine's laid over it. */
  readonly profileUserData: ReadonlyMap<string, string>;
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
  /** As `sortProfiles` leaves them. */
  readonly profiles: readonly BootProfile[];
}
