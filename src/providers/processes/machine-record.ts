// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { z } from 'zod';
import type { Files, ProcessSighting } from '../../effects/index.js';
import { findMachineId } from '../../model/index.js';
import type { MachineOrder } from '../provider.js';

/** What is kept of a machine beside its disk: `machine.json`. */
export interface MachineRecord {
  /** What it was last powered on with. */
  readonly order: MachineOrder;
  /** Its main process. Left out while it is off by order, and from before its process is started until that is known. */
  readonly main?: ProcessSighting;
  /** Of a machine that is no process of this computer: what it was told last. */
  readonly isOn?: boolean;
}

/** Everything of one machine lies in one folder, private to its owner. */
export interface MachineFolder {
  readonly name: string;
  readonly folder: string;
  readonly record: string;
  readonly console: string;
  /** Emptied at every power-on; stands for `/` where the machine has no disk of its own. */
  readonly root: string;
}

export function machineFolder(clusterFolder: string, name: string): MachineFolder {
  const folder = join(clusterFolder, 'machines', name);
  return {
    name,
    folder,
    record: join(folder, 'machine.json'),
    console: join(folder, 'console.log'),
    root: join(folder, 'root'),
  };
}

/** Names of the machines that were ever powered on and not destroyed. */
export async function listMachineNames(files: Files, clusterFolder: string): Promise<readonly string[]> {
  return ((await files.list(join(clusterFolder, 'machines'))) ?? []).filter(isMachineName);
}

/** What may become part of a path. */
export function isMachineName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name);
}

const recordSchema = z.object({
  order: z.object({
    name: z.string(),
    machineId: z.string().transform((text, context) => {
      const id = findMachineId(text);
      if (id !== undefined) return id;
      context.addIssue({ code: 'custom', message: 'not a machine ID' });
      return z.NEVER;
    }),
    mac: z.string(),
    uuid: z.string(),
    bootUrl: z.string(),
    // Not in records of earlier versions.
    serial: z.string().default(''),
    address: z.string().default(''),
    reachAddress: z.string().default(''),
  }),
  main: z.object({ pid: z.int().min(2), startedAt: z.string() }).optional(),
  isOn: z.boolean().optional(),
});

/** `undefined` when there is none, or none that can be understood. */
export async function readRecord(files: Files, at: MachineFolder): Promise<MachineRecord | undefined> {
  const text = await files.readText(at.record);
  if (text === undefined) return undefined;
  try {
    const { order, main, isOn } = recordSchema.parse(JSON.parse(text));
    return { order, ...(main && { main }), ...(isOn !== undefined && { isOn }) };
  } catch {
    return undefined;
  }
}

export async function writeRecord(files: Files, at: MachineFolder, record: MachineRecord): Promise<void> {
  await files.write(at.record, `${JSON.stringify(record, undefined, 2)}\n`);
}
