// SPDX-License-Identifier: Apache-2.0

import type { Clock, DialUnix, Exec, Files, Log, ProbeTcp, Random } from '../effects/index.js';
import type { MachineId } from '../model/index.js';
import type { OptionParser } from '../spec/index.js';

/** Where the control process and the machines of one cluster live. */
export interface ClusterNetwork {
  /** The address that the control process listens on. */
  readonly controlAddress: string;
  /** The address of the machine at `index` (0-based, as in the cluster file); empty when the provider gives none. */
  addressOf(index: number): string;
  /** The address of this computer that stands for the machine at `index`; left out where its own one is reached from here. */
  readonly reachOf?: (index: number) => string;
  /** How machines come to the control process; left out where they reach `controlAddress`. */
  readonly door?: ControlDoor;
  /** What the kernel of a machine is told beside all else. */
  readonly argumentsOf?: (machine: { readonly mac: string; readonly address: string }) => readonly string[];
}

/** The way from machines whose network ends at this computer to the control process on it. */
export interface ControlDoor {
  /** Where the control process listens as well. */
  readonly listenAddress: string;
  /** How machines call that address. */
  readonly address: string;
  /** The port there that stands for one of `ProviderContext.ports`. */
  portOf(port: number): number;
}

/** Everything a provider may know of a machine that it is to make. */
export interface MachineOrder {
  readonly name: string;
  readonly machineId: MachineId;
  readonly mac: string;
  readonly uuid: string;
  /** Empty: it has none. */
  readonly serial: string;
  /** What the firmware fetches first. */
  readonly bootUrl: string;
  /** IPv4, of its interface, where the provider makes interfaces. */
  readonly address: string;
  /** IPv4, at which this computer reaches it. */
  readonly reachAddress: string;
}

/** A machine as its provider sees it. */
export interface HostedMachine {
  readonly name: string;
  readonly state: 'on' | 'off';
  /** Why it is off, when the provider knows: `ended by SIGKILL`. */
  readonly reason?: string;
}

/** A machine that went off by itself. */
export interface MachineEnd {
  readonly name: string;
  readonly reason: string;
}

/** The machines of one cluster at one provider. Every call is idempotent; one at a time per machine. */
export interface Host {
  /** Creates the machine if need be and powers it on. False, and nothing happened, when it was on. */
  powerOn(order: MachineOrder): Promise<boolean>;
  /** Asks it to end, then ends it; returns when it is off, with nothing of it left running. */
  powerOff(name: string): Promise<void>;
  /** Powers off and forgets the machine, disk and console included. */
  destroy(name: string): Promise<void>;
  list(): Promise<readonly HostedMachine[]>;
  /**
   * Machines that ended without `powerOff` or `destroy`: first those that are off although they were powered
   * on and never off, then each as it ends (an event, for children of this process; found by asking now and
   * then, for machines that an earlier process started). Ends when `signal` fires.
   */
  watchEnds(signal: AbortSignal): AsyncIterable<MachineEnd>;
  /** The file that holds the machine's console; it may not exist yet. */
  consoleFile(name: string): string;
  /** The folder that stands for the machine's `/`; `undefined` where a machine has none of that kind. */
  rootFolder(name: string): string | undefined;
  /** What a command line begins with to run on the machine's own network; nothing where that is everybody's, or it is off. */
  enter(name: string): Promise<readonly string[]>;
  /** Where the machine's sshd is reached, where machines have one. */
  readonly sshAt?: (name: string) => Promise<SshPlace | undefined>;
  /** What can be done to machines on purpose, where the provider can. */
  readonly faults?: HostFaults;
}

/** Where an sshd listens. */
export interface SshPlace {
  readonly address: string;
  readonly port: number;
}

/** Faults for drills. Each returns when it has struck; none is noted as ordered. */
export interface HostFaults {
  /** As when the power fails: everything of the machine ends at once, and its disk is empty at the next boot. */
  cutPower(name: string): Promise<void>;
  /** Kills the machine's processes of this program, as its last path element names it; how many there were. */
  killProgram(name: string, program: string): Promise<number>;
  /** The machine stands still: nobody reaches it, and it reaches nobody, until it is thawed. */
  freeze(name: string): Promise<void>;
  thaw(name: string): Promise<void>;
  /** Where machines have links of their own. */
  readonly links?: LinkFaults;
}

/** The word for the control process, and for everything else that runs beside it, among the names of machines. */
export const controlPlace = 'control';

/** Links that lose everything, silently. A cut is forgotten by a machine that boots; whom it was cut off from remembers. */
export interface LinkFaults {
  /** What any of `from` sends to any of `to` is lost from now on: names of machines, or `controlPlace`. */
  cut(from: readonly string[], to: readonly string[]): Promise<void>;
  /** Everything arrives again, whoever cut it off. */
  heal(): Promise<void>;
}

export interface ProviderDeps {
  readonly clock: Clock;
  readonly dialUnix: DialUnix;
  readonly exec: Exec;
  readonly files: Files;
  readonly log: Log;
  readonly random: Random;
  readonly probeTcp: ProbeTcp;
  /** How to start this program anew: `[node, .../bin/muster]`. */
  readonly program: readonly [string, ...string[]];
  /** The environment that machines inherit. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ProviderContext {
  readonly clusterName: string;
  /** 32 hex digits. */
  readonly clusterId: string;
  /** The cluster's own folder (`.muster`), absolute. */
  readonly folder: string;
  /** The ports that the control process is to listen on, so that an address where one is taken can be passed over. */
  readonly ports: readonly number[];
  /** What `parseOptions` made of the cluster file's options. */
  readonly options: unknown;
}

/** How to come to where the addresses of a cluster are reached. */
export interface WayIn {
  /** What a command line begins with to run there; nothing where they are reached from everywhere on this computer. */
  readonly words: readonly string[];
  /** Whether this process reaches them as it is. */
  readonly isInside: boolean;
}

/** Makes machines exist. One folder each; listed by hand in `index.ts`. */
export interface Provider {
  readonly name: string;
  readonly summary: string;
  /** How long a machine may take from power-on until it has joined, in seconds, when nobody says otherwise. */
  readonly joinSeconds: number;
  /** Whether its machines are computers, that boot a kernel and have an sshd; else they are processes of this computer. */
  readonly isReal: boolean;
  readonly parseOptions: OptionParser;
  /** Reserves addresses, once per cluster; later calls return the same. Throws `providers/…`. */
  openNetwork(deps: ProviderDeps, context: ProviderContext): Promise<ClusterNetwork>;
  /** What `openNetwork` returns, for who only looks: reserves nothing. `undefined`: that is not decided yet. */
  findNetwork(deps: ProviderDeps, context: ProviderContext): Promise<ClusterNetwork | undefined>;
  /** Makes what it takes to reach the addresses; nothing happens where that is there. Throws `providers/…`. */
  raiseNetwork(deps: ProviderDeps, context: ProviderContext): Promise<void>;
  /** Takes that away again, whatever the options have become; the addresses stay reserved. */
  lowerNetwork(deps: ProviderDeps, context: ProviderContext): Promise<void>;
  /** @param folder the cluster's own, `.muster` */
  findWayIn(deps: Pick<ProviderDeps, 'exec' | 'files'>, folder: string): Promise<WayIn>;
  /** Gives the addresses back. */
  releaseNetwork(deps: ProviderDeps, context: ProviderContext): Promise<void>;
  openHost(deps: ProviderDeps, context: ProviderContext): Host;
}
