// SPDX-License-Identifier: Apache-2.0

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { SystemdSupervisorDeps, UnitReport } from '../agent/index.js';
import { realFiles, realFolderChanges } from '../effects/index.js';
import type { MemberReport } from '../model/index.js';
import { memberReportSchema } from '../registry/index.js';

/**
 * What muster's own units, which are processes of their own on a real machine, tell the agent: a file each, that outlives
 * either of them.
 */
const reportFolder = '/run/muster/units';

const reportSchema = z.object({ unit: z.string(), pid: z.int(), member: memberReportSchema });

/** Replaces what the unit told before. */
export async function writeUnitReport(unit: string, member: MemberReport): Promise<void> {
  await realFiles.makeFolder(reportFolder);
  const report: UnitReport = { unit, pid: process.pid, member };
  await realFiles.write(pathOf(unit), JSON.stringify(report));
}

export async function removeUnitReport(unit: string): Promise<void> {
  await rm(pathOf(unit), { force: true });
}

export const unitReports: SystemdSupervisorDeps['reports'] = {
  async read() {
    const names = ((await realFiles.list(reportFolder)) ?? []).filter((name) => name.endsWith('.json'));
    const texts = await Promise.all(names.map((name) => realFiles.readText(join(reportFolder, name))));
    return texts.flatMap((text) => parseReport(text ?? ''));
  },
  async *changes(signal) {
    await realFiles.makeFolder(reportFolder);
    yield* realFolderChanges(reportFolder, signal);
  },
};

function parseReport(text: string): readonly UnitReport[] {
  try {
    return [reportSchema.parse(JSON.parse(text))];
  } catch {
    // The next one will be read again.
    return [];
  }
}

function pathOf(unit: string): string {
  return join(reportFolder, `${unit}.json`);
}
