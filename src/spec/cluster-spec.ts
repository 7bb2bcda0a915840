// SPDX-License-Identifier: Apache-2.0

import type { BootstrapKind, Issue, MachineMarks, MachineRole } from '../model/index.js';
import type { ImageSpec, ProfileSpec } from './boot-spec.js';
import type { UserDataSource } from './user-data-source.js';

export interface MachineSpec {
  readonly name: string;
  readonly role: MachineRole;
  /** Only what the operator wrote; what is missing is minted. */
  readonly marks: MachineMarks;
  readonly metadata: Readonly<Record<string, string>>;
  /** Empty: the provider gives one. */
  readonly privateIpv4: string;
  /** Empty: the private one. */
  readonly publicIpv4: string;
  readonly privateIpv6: string;
  readonly publicIpv6: string;
  /** Replaces (`file`) or is laid over (`inline`) the cluster's user-data. */
  readonly userData: UserDataSource | undefined;
}

/** The store that the machines share. */
export type StoreSpec =
  /** In the control process. */
  | { readonly kind: 'embedded' }
  /** etcd, one on each machine of role `member`. */
  | {
      readonly kind: 'etcd';
      /** Nothing: the user-data may say, and `static` when it does not. */
      readonly bootstrap: BootstrapKind | undefined;
      /** With `discovery`: how many members found the cluster, 1 to 99; nothing: as many as the file has. */
      readonly size: number | undefined;
      /** Seconds for which a member's machine may be away before its place is given up; nothing: for ever. */
      readonly replaceAfterSeconds: number | undefined;
      /** A name to look for on the machine's PATH, or a path. */
      readonly program: string;
    };

/** Backups of the machines' etcd, taken by the control process. */
export interface BackupSpec {
  /** 10 or more. */
  readonly everySeconds: number;
  /** How many; 1 or more. */
  readonly keep: number;
  /** Relative to the cluster file, or absolute. */
  readonly dir: string;
}

/** How many machines may reboot at once: so many, or a share of the cluster's. */
export type RebootSlots =
  | { readonly kind: 'number'; readonly count: number }
  /** 0 to 100. */
  | { readonly kind: 'percent'; readonly percent: number };

/** When machines may reboot. */
export interface RebootWindowSpec {
  /** 0 is Sunday; none: every day. */
  readonly days: readonly number[];
  /** Minutes after midnight. */
  readonly startMinute: number;
  readonly lengthMinutes: number;
}

/** The reboot lock, and its groups. */
export interface RebootLockSpec {
  /** Of the windows; of the IANA. */
  readonly timeZone: string;
  /** Reboots in a row that may go wrong before nobody is given the lock any more; 1 or more. */
  readonly failureBudget: number;
  /** A holder whose machine is away for so long is freed. */
  readonly freeAfterSeconds: number;
  /** For so long a machine has to be well after its reboot. */
  readonly wellForSeconds: number;
  /** The default one first; its name is empty. */
  readonly groups: readonly {
    readonly name: string;
    /** Nothing: as set by hand. */
    readonly slots: RebootSlots | undefined;
    readonly windows: readonly RebootWindowSpec[];
  }[];
}

/** A cluster file, parsed, checked and with every default filled in. */
export interface ClusterSpec {
  readonly name: string;
  /** DNS domain of the machines: `core-01.<domain>`. */
  readonly domain: string;
  readonly store: StoreSpec;
  /** Nothing: none are taken. */
  readonly backup: BackupSpec | undefined;
  readonly provider: { readonly name: string; readonly options: unknown };
  /** Where the control process listens. An empty `address`: the provider gives one. */
  readonly control: {
    readonly address: string;
    readonly port: number;
    readonly etcdPort: number;
    readonly dnsPort: number;
    /** etcd's `--discovery-srv-name`; empty: what the user-data says. */
    readonly dnsSuffix: string;
  };
  /** Seconds after which a silent machine is lost; 2 to 3600. */
  readonly agentTtlSeconds: number;
  readonly rebootLock: RebootLockSpec;
  readonly machines: readonly MachineSpec[];
  /** What machines boot that no profile has another for; nothing: what their provider boots by itself. */
  readonly image: ImageSpec | undefined;
  /** In the order of the file; at most one without a selector. */
  readonly profiles: readonly ProfileSpec[];
  readonly userData: UserDataSource | undefined;
}

/**
 * Checks a part of the cluster file that another room understands: a provider's options, cloud-config keys.
 * `path` is relative to that part: `['disk']`, `['list', 0]`; the parser returns problems without places, which
 * the cluster file's parser adds.
 */
export interface OptionParser {
  parse(value: unknown):
    | {
        readonly kind: 'ok';
        readonly options: unknown;
        /** Warnings. */
        readonly problems?: readonly OptionProblem[];
      }
    | { readonly kind: 'bad'; readonly problems: readonly OptionProblem[] };
  /** JSON Schema of the part, for editors. */
  jsonSchema(): Readonly<Record<string, unknown>>;
}

export interface OptionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
  /** `error` when left out. */
  readonly severity?: Issue['severity'];
  /** Whether the key at `path` is wrong or its value; `value` when left out. */
  readonly at?: 'key' | 'value';
}

export type ClusterFileResult =
  | { readonly kind: 'ok'; readonly spec: ClusterSpec; readonly warnings: readonly Issue[] }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };
