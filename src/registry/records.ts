// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { Machine, MachineId, MachineMarks, MemberReport } from '../model/index.js';
import { parseJson } from './parse-json.js';
import {
  memberOrderSchema,
  memberReportSchema,
  storeEventSchema,
  storeRecordSchema,
  storeRequestSchema,
  storeViewSchema,
} from './store-records.js';

/** The cluster file as the operator wrote it, and the user-data files it names. Written by `muster up`. */
export interface ClusterFileRecord {
  readonly text: string;
  /** By the path that the cluster file uses. */
  readonly userData: ReadonlyMap<string, string>;
  /** Of the text; 0 when there is none yet. */
  readonly modRevision: number;
}

export const wantedStates = ['on', 'off', 'reboot'] as const;

/** What an operator asked of a machine. Its mod revision tells one request from the next. */
export interface MachineOrder {
  readonly want: (typeof wantedStates)[number];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly modRevision: number;
}

export const lifeStates = ['absent', 'created', 'booting', 'joined', 'rebooting', 'lost', 'gone'] as const;

/** Where a machine stands in its life cycle, and why. Written by the engine's leader alone. */
export interface MachineLife {
  readonly state: (typeof lifeStates)[number];
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Empty when there is nothing to explain. */
  readonly reason: string;
  /** When it was last known to be in the cluster, milliseconds since 1970; 0: never. */
  readonly lastSeen: number;
  /** Mod revision of the last order that was carried out; 0: none. */
  readonly handledOrder: number;
  /** The last boot that announced itself; empty before the first announcement. */
  readonly bootId: string;
  /** That boot is known to be over: a registration it left behind counts for nothing. */
  readonly isBootOver: boolean;
}

export const bootStages = ['dhcp', 'script', 'kernel', 'initrd', 'user-data'] as const;
export type BootStageName = (typeof bootStages)[number];

/** How far a machine got in its last boot. Written by the boot face, once for each stage and a few times for a large file. */
export interface BootRecord {
  /** What it did last. */
  readonly stage: BootStageName;
  /** Milliseconds since 1970; of the last stage. */
  readonly at: number;
  /** When this boot first came to each stage. */
  readonly times: Readonly<Partial<Record<BootStageName, number>>>;
  /** What it boots; empty before its script. */
  readonly profile: string;
  /** Of the file at `kernel` or `initrd`: how much was sent, and its size. */
  readonly bytes?: number | undefined;
  readonly total?: number | undefined;
  /** Why its script tells it to wait; nothing: it does not. */
  readonly waits?: string | undefined;
}

/** A machine that asked to boot and belongs to nobody. Written by the boot face, under a lease: it goes by itself. */
export interface PendingMachine {
  /** By which it can be accepted: its MAC, else its UUID, else its serial number. */
  readonly mark: string;
  readonly marks: MachineMarks;
  /** Everything that its firmware said. */
  readonly facts: Readonly<Record<string, string>>;
  /** From where it asked; empty: unknown. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly firstSeen: number;
  /** Written about once a minute. */
  readonly lastSeen: number;
}

/**
 * The configuration that a running machine is to take over. It is meant for one boot: a later one has fetched its
 * own. Written by `muster apply`, read by the agent of the machine.
 */
export interface ConfigOrder {
  /** Of the boot it is meant for. */
  readonly bootId: string;
  /** As the machine would be served it, variables filled in. */
  readonly userData: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export const nodeStages = ['configuring', 'running', 'stopping'] as const;

/** What the agent of a machine says of it, as long as its lease lives. */
export interface NodeState {
  readonly name: string;
  /** Minted at each start of the agent. */
  readonly bootId: string;
  readonly privateIp: string;
  readonly publicIp: string;
  readonly startedAt: number;
  readonly stage: (typeof nodeStages)[number];
  readonly units: readonly NodeUnit[];
  /** What went wrong on the way, in words. */
  readonly problems: readonly string[];
  /** Nothing while it applies its first. */
  readonly config?: NodeConfig | undefined;
  /** Of the store's member on it; nothing on machines that have none. */
  readonly member?: MemberReport | undefined;
}

/** How the machine stands to its configuration. */
export interface NodeConfig {
  /** SHA-256 of the user-data that it follows, in hex. */
  readonly hash: string;
  /** `failed`: some of it could not be done; `problems` has what. */
  readonly state: 'applying' | 'applied' | 'failed';
  /** Revision of the last order of `muster apply` that it dealt with; 0: none since it booted. */
  readonly order: number;
  /** What is not as it was applied any more, in words. */
  readonly drift: readonly string[];
  /** What changes at its next boot only, in words. */
  readonly atBoot: readonly string[];
}

export interface NodeUnit {
  readonly name: string;
  readonly active: string;
  readonly sub: string;
  readonly reason?: string | undefined;
}

const orderSchema = z.object({ want: z.enum(wantedStates), at: z.number() });
const bootSchema = z.object({
  stage: z.enum(bootStages),
  at: z.number(),
  times: z.partialRecord(z.enum(bootStages), z.number()).default({}),
  profile: z.string().default(''),
  bytes: z.number().optional(),
  total: z.number().optional(),
  waits: z.string().optional(),
});
const pendingSchema = z.object({
  mark: z.string(),
  marks: z
    .object({ mac: z.string().optional(), uuid: z.string().optional(), serial: z.string().optional() })
    .transform(
      ({ mac, uuid, serial }): MachineMarks => ({
        ...(mac !== undefined && { mac }),
        ...(uuid !== undefined && { uuid }),
        ...(serial !== undefined && { serial }),
      }),
    ),
  facts: z.record(z.string(), z.string()),
  address: z.string(),
  firstSeen: z.number(),
  lastSeen: z.number(),
});
const lifeSchema = z.object({
  state: z.enum(lifeStates),
  since: z.number(),
  reason: z.string(),
  lastSeen: z.number(),
  handledOrder: z.number(),
  bootId: z.string(),
  isBootOver: z.boolean(),
});
const configOrderSchema = z.object({ bootId: z.string(), userData: z.string(), at: z.number() });
const nodeConfigSchema = z.object({
  hash: z.string(),
  state: z.enum(['applying', 'applied', 'failed']),
  order: z.number(),
  drift: z.array(z.string()),
  atBoot: z.array(z.string()),
});
const nodeSchema = z.object({
  name: z.string(),
  bootId: z.string(),
  privateIp: z.string(),
  publicIp: z.string(),
  startedAt: z.number(),
  stage: z.enum(nodeStages),
  units: z.array(
    z.object({ name: z.string(), active: z.string(), sub: z.string(), reason: z.string().optional() }),
  ),
  problems: z.array(z.string()),
  config: nodeConfigSchema.optional(),
  member: memberReportSchema.optional(),
});
const machineSchema = z.object({
  ID: z.string(),
  PublicIP: z.string().default(''),
  Metadata: z.record(z.string(), z.string()).nullish(),
  Version: z.string().default(''),
});

const indexSchema = z.record(z.string(), z.string());

/**
 * The parsers of records. Anybody can write a key: a value that does not fit its record is `undefined`, as
 * if the key were not there.
 */
export const parseRecord = {
  /** Path to hash. */
  userDataIndex: (text: string) => parseJson(indexSchema, text),
  order: (text: string) => parseJson(orderSchema, text),
  boot: (text: string) => parseJson(bootSchema, text),
  pending: (text: string) => parseJson(pendingSchema, text),
  life: (text: string) => parseJson(lifeSchema, text),
  configOrder: (text: string) => parseJson(configOrderSchema, text),
  node: (text: string) => parseJson(nodeSchema, text),
  store: (text: string) => parseJson(storeRecordSchema, text),
  storeView: (text: string) => parseJson(storeViewSchema, text),
  storeRequest: (text: string) => parseJson(storeRequestSchema, text),
  memberOrder: (text: string) => parseJson(memberOrderSchema, text),
  event: (text: string) => parseJson(storeEventSchema, text),
  machine: (id: MachineId, text: string): Machine | undefined => {
    const found = parseJson(machineSchema, text);
    if (found === undefined || found.ID !== id) return undefined;
    return { id, publicIp: found.PublicIP, metadata: found.Metadata ?? {}, version: found.Version };
  },
} as const;

/** The JSON of fleet's machine object, fields in fleet's order. */
export function renderMachine(machine: Machine): string {
  const { id, publicIp, metadata, version } = machine;
  return JSON.stringify({ ID: id, PublicIP: publicIp, Metadata: metadata, Version: version });
}
