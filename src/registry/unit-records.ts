// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { MachineId } from '../model/index.js';
import { parseJson } from './parse-json.js';

export const targetStates = ['inactive', 'loaded', 'launched'] as const;
export type TargetState = (typeof targetStates)[number];

/** That there is a unit of this name, and which text it has. Written by whoever submits it. */
export interface JobObject {
  /** SHA-1 of the text, hex. */
  readonly hash: string;
  /** The template whose `Replicas=` this instance is one of; the engine writes those. */
  readonly replicaOf?: string | undefined;
}

/** What a machine is to do with a unit. Written by the engine's leader alone, read by the agent of that machine. */
export interface ScheduleEntry {
  readonly hash: string;
  readonly state: 'loaded' | 'launched';
  /** Revision of the last request to restart it; 0: none. */
  readonly restart: number;
  readonly isGlobal?: boolean | undefined;
  /** The text it had before, as long as the replacement of its group goes on. */
  readonly previous?: string | undefined;
  /** It has stayed up with the text it has for as long as is asked. */
  readonly isProved?: boolean | undefined;
}

/** What a unit is on one machine, in systemd's words. Written by the agent of the machine, under its lease. */
export interface UnitState {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  /** Of the text that it runs, hex. */
  readonly hash: string;
  /** Why it failed. */
  readonly reason?: string | undefined;
  /** It ran, ended well, and is not meant to run on. */
  readonly isDone?: boolean | undefined;
}

/** What an operator wants of a machine. `drain`: no new units, and those it has go elsewhere; `cordon`: no new ones. */
export interface MachineMark {
  readonly kind: 'cordon' | 'drain';
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Set for one reboot, and taken away after it. */
  readonly isForReboot?: boolean | undefined;
  /** What an operator had wanted before, and counts again after that reboot. */
  readonly before?: 'cordon' | undefined;
}

/** What a machine offers to units. Written by its agent, under its lease. */
export interface UnitHost {
  /** As the cluster file has it. */
  readonly name: string;
  readonly memoryBytes: number;
  readonly cpus: number;
}

/** A text that proved bad: units of the group stay with the one they had. Written by the engine's leader. */
export interface Rollout {
  readonly badHash: string;
  /** The text to stay with. */
  readonly goodHash: string;
  readonly reason: string;
  readonly at: number;
}

const byte = z.number().int().min(0).max(255);
const objectSchema = z.object({
  Name: z.string(),
  UnitHash: z.array(byte).length(20),
  ReplicaOf: z.string().optional(),
});
const textSchema = z.object({ Raw: z.string() });
const scheduleSchema: z.ZodType<ScheduleEntry> = z.object({
  hash: z.string(),
  state: z.enum(['loaded', 'launched']),
  restart: z.number(),
  isGlobal: z.boolean().optional(),
  previous: z.string().optional(),
  isProved: z.boolean().optional(),
});
const stateSchema = z.object({
  loadState: z.string(),
  activeState: z.string(),
  subState: z.string(),
  unitHash: z.string().default(''),
  reason: z.string().optional(),
  done: z.boolean().optional(),
});
const markSchema: z.ZodType<MachineMark> = z.object({
  kind: z.enum(['cordon', 'drain']),
  at: z.number(),
  isForReboot: z.boolean().optional(),
  before: z.literal('cordon').optional(),
});
const hostSchema: z.ZodType<UnitHost> = z.object({
  name: z.string(),
  memoryBytes: z.number(),
  cpus: z.number(),
});
const rolloutSchema: z.ZodType<Rollout> = z.object({
  badHash: z.string(),
  goodHash: z.string(),
  reason: z.string(),
  at: z.number(),
});

/** The parsers of units' records: a value that does not fit is `undefined`, as if the key were not there. */
export const parseUnitRecord = {
  object(unit: string, text: string): JobObject | undefined {
    const found = parseJson(objectSchema, text);
    if (found === undefined || found.Name !== unit) return undefined;
    const hash = found.UnitHash.map((one) => one.toString(16).padStart(2, '0')).join('');
    return { hash, ...(found.ReplicaOf === undefined ? {} : { replicaOf: found.ReplicaOf }) };
  },
  text: (text: string) => parseJson(textSchema, text)?.Raw,
  /** Any other word counts as `inactive`: nothing is run because of a typing error. */
  targetState: (text: string): TargetState => targetStates.find((state) => state === text) ?? 'inactive',
  schedule: (text: string) => parseJson(scheduleSchema, text),
  state(text: string): UnitState | undefined {
    const found = parseJson(stateSchema, text);
    if (found === undefined) return undefined;
    const { loadState: load, activeState: active, subState: sub, unitHash: hash, reason, done } = found;
    return { load, active, sub, hash, ...(reason && { reason }), ...(done && { isDone: true }) };
  },
  mark: (text: string) => parseJson(markSchema, text),
  host: (text: string) => parseJson(hostSchema, text),
  rollout: (text: string) => parseJson(rolloutSchema, text),
} as const;

/** The JSON of fleet's job object; the hash is a list of numbers there. */
export function renderJobObject(unit: string, { hash, replicaOf }: JobObject): string {
  const bytes = (hash.match(/../g) ?? []).map((two) => Number.parseInt(two, 16));
  return JSON.stringify({ Name: unit, UnitHash: bytes, ...(replicaOf && { ReplicaOf: replicaOf }) });
}

/** The JSON of fleet's unit state; `reason` and `done` are muster's. */
export function renderUnitState(machine: MachineId, state: UnitState): string {
  return JSON.stringify({
    loadState: state.load,
    activeState: state.active,
    subState: state.sub,
    machineState: { ID: machine, PublicIP: '', Metadata: null, Capabilities: null, Version: '' },
    unitHash: state.hash,
    ...(state.reason && { reason: state.reason }),
    ...(state.isDone && { done: true }),
  });
}
