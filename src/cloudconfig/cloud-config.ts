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

/** Options of a section as written, by their name with underscores; what is not written is not in it. */
export type SectionOptions = Readonly<Record<string, string | number | boolean>>;

/** A user of the node as `useradd` makes it. Empty text and `undefined` leave a thing to `useradd`. */
export interface UserAccount {
  readonly name: string;
  /** As in /etc/shadow; empty: no password lets anyone in. */
  readonly passwordHash: string;
  readonly gecos: string;
  readonly homeDir: string;
  readonly primaryGroup: string;
  readonly groups: readonly string[];
  readonly shell: string;
  /** This and the next three: `undefined` when not written, which counts as false. */
  readonly noCreateHome: boolean | undefined;
  readonly noUserGroup: boolean | undefined;
  readonly noLogInit: boolean | undefined;
  readonly isSystem: boolean | undefined;
}

export interface CloudUser extends UserAccount {
  readonly sshAuthorizedKeys: readonly string[];
  /** GitHub users whose public keys are fetched. */
  readonly sshImportGithub: readonly string[];
  /** Where more keys are fetched; empty: nowhere. */
  readonly sshImportUrl: string;
}

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
  readonly users: readonly CloudUser[];
  readonly writeFiles: readonly CloudFile[];
  /** Whether /etc/hosts is to name the machine. */
  readonly manageEtcHosts: '' | 'localhost';
  readonly units: readonly CloudUnit[];
  /** etcd 0.4, before there was `etcd2`. */
  readonly etcd: SectionOptions;
  readonly etcd2: SectionOptions;
  readonly fleet: SectionOptions;
  readonly flannel: SectionOptions;
  readonly locksmith: SectionOptions;
  readonly oem: SectionOptions;
  readonly update: SectionOptions;
  /** What no section knows, as plain data in its place; it is rendered again and changes nothing on a node. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export const emptyCloudConfig: CloudConfig = {
  hostname: '',
  sshAuthorizedKeys: [],
  users: [],
  writeFiles: [],
  manageEtcHosts: '',
  units: [],
  etcd: {},
  etcd2: {},
  fleet: {},
  flannel: {},
  locksmith: {},
  oem: {},
  update: {},
  rest: {},
};
