// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { z } from 'zod';
import { type ProcessSighting, realExec, realFiles } from '../effects/index.js';
import type { ClusterFolder } from './cluster-folder.js';
import { fail } from './errors.js';

const controlRecord = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string(),
  cluster: z.string(),
  controlUrl: z.string(),
  etcdUrl: z.string(),
  /** Of the store that the machines share; the control process' own where that is embedded. */
  storeUrls: z.array(z.string()),
  /** Addresses of machines that this computer reaches at another one. */
  reach: z.record(z.string(), z.string()).default({}),
  version: z.string(),
});

/** Who the control process of a cluster is and where it listens; `control.json` in the state folder. */
export type ControlRecord = z.infer<typeof controlRecord>;

function recordPath(cluster: ClusterFolder): string {
  return join(cluster.state, 'control.json');
}

export async function writeControlRecord(
  cluster: ClusterFolder,
  record: Omit<ControlRecord, 'pid' | 'startedAt'>,
): Promise<ControlRecord> {
  const self = await realExec.sight(process.pid);
  const full = { pid: process.pid, startedAt: self?.startedAt ?? '', ...record };
  await realFiles.write(recordPath(cluster), `${JSON.stringify(full)}\n`);
  return full;
}

export async function removeControlRecord(cluster: ClusterFolder): Promise<void> {
  await realFiles.remove(recordPath(cluster));
}

/** The record of a control process that is alive; one that a killed process left behind does not count. */
export async function findControl(cluster: ClusterFolder): Promise<ControlRecord | undefined> {
  const text = await realFiles.readText(recordPath(cluster));
  const record = text === undefined ? undefined : parseRecord(text);
  if (record === undefined) return undefined;
  const seen = await realExec.sight(record.pid);
  return seen?.startedAt === record.startedAt ? record : undefined;
}

/** As `findControl`. @throws `cli/not-running` */
export async function getControl(cluster: ClusterFolder): Promise<ControlRecord> {
  const record = await findControl(cluster);
  if (record === undefined) throw fail('cli/not-running');
  return record;
}

export function sightingOf(record: ControlRecord): ProcessSighting {
  return { pid: record.pid, startedAt: record.startedAt };
}

function parseRecord(text: string): ControlRecord | undefined {
  try {
    return controlRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
