// SPDX-License-Identifier: Apache-2.0

/** What `systemctl` is told about a unit once everything is written. */
export const unitCommands = [
  'start',
  'stop',
  'restart',
  'reload',
  'try-restart',
  'reload-or-restart',
  'reload-or-try-restart',
] as const;

export type UnitCommand = (typeof unitCommands)[number];

/** Options of a daemon as written, by their name with underscores; what is not written is not in it. */
export type DaemonOptions = Readonly<Record<string, string | number | boolean>>;

export interface CloudFile {
  /** Absolute, without `..`. */
  readonly path: string;
  /** Text, or bytes as base64, unpacked. */
  readonly content: string;
  readonly encoding: 'utf8' | 'base64';
  /** `user`, `user:group`; empty: as whoever writes it. */
  readonly owner: string;
  /** Permission bits, 0 to 0o7777; 0o644 when not written. */
  readonly mode: number;
}

export interface CloudDropIn {
  /** Ends in `.conf`. */
  readonly name: string;
  readonly content: string;
}

export interface CloudUnit {
  readonly name: string;
  /** Empty: the unit is there already. */
  readonly content: string;
  readonly dropIns: readonly CloudDropIn[];
  readonly command: UnitCommand | undefined;
  /** This and the next two: `undefined` when not written, which counts as false. */
  readonly isEnabled: boolean | undefined;
  readonly isMasked: boolean | undefined;
  /** Written below /run, gone with the next boot. */
  readonly isRuntime: boolean | undefined;
}

/** A cloud-config, parsed and checked; variables are still in it unless its text was substituted before. */
export interface CloudConfig {
  /** Empty: the machine's own. */
  readonly hostname: string;
  /** Of the user `core`, in order, blanks at both ends cut. */
  readonly sshAuthorizedKeys: readonly string[];
  readonly writeFiles: readonly CloudFile[];
  readonly etcd2: DaemonOptions;
  readonly fleet: DaemonOptions;
  readonly units: readonly CloudUnit[];
  /** What no section reads yet, as plain data in its place; it is rendered again and changes nothing on a node. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export const emptyCloudConfig: CloudConfig = {
  hostname: '',
  sshAuthorizedKeys: [],
  writeFiles: [],
  etcd2: {},
  fleet: {},
  units: [],
  rest: {},
};
