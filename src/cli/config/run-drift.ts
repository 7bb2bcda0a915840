// SPDX-License-Identifier: Apache-2.0

import type { MachineStatus } from '../../status/index.js';
import { wantedOf } from '../apply/wanted-config.js';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { checkNames } from '../parse-flags.js';
import { printJson, renderTable } from '../print.js';
import { findStatus } from '../run-status.js';
import { changedCode } from './run-diff.js';
import { readApplied } from './run-render.js';

interface MachineDrift {
  readonly name: string;
  /** Whether it follows what was applied last; nothing where that is not known. */
  readonly isCurrent: boolean | undefined;
  readonly drift: readonly string[];
  readonly atBoot: readonly string[];
}

export async function runConfigDrift({ args, flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const plan = await readApplied(cluster);
  checkNames(plan.spec.name, [...plan.machines.keys()], args);
  const { machines } = await findStatus(cluster);
  const shown = machines
    .filter(({ name }) => args.length === 0 || args.includes(name))
    .map((machine) => driftOf(machine, wantedOf(plan, machine.name).hash));
  if (textFlag(flags, 'output') === 'json') printJson(shown);
  else process.stdout.write(await renderDrift(shown));
  return shown.every(({ isCurrent, drift }) => isCurrent !== false && drift.length === 0) ? 0 : changedCode;
}

function driftOf({ name, config }: MachineStatus, hash: string): MachineDrift {
  const isCurrent = config === undefined ? undefined : config.hash === hash;
  return { name, isCurrent, drift: config?.drift ?? [], atBoot: config?.atBoot ?? [] };
}

async function renderDrift(machines: readonly MachineDrift[]): Promise<string> {
  const rows = machines.flatMap(({ name, isCurrent, drift, atBoot }) => [
    ...(isCurrent === undefined ? [{ name, kind: 'unknown', what: 'it is not in the cluster now' }] : []),
    ...(isCurrent === false ? [{ name, kind: 'older', what: 'it follows an older configuration' }] : []),
    ...drift.map((what) => ({ name, kind: 'drifted', what })),
    ...atBoot.map((what) => ({ name, kind: 'at boot', what })),
  ]);
  if (rows.length === 0) return 'every machine is as it was configured\n';
  return renderTable(rows, [
    { title: 'NAME', text: ({ name }) => name },
    { title: 'KIND', text: ({ kind }) => kind },
    { title: 'WHAT', text: ({ what }) => what },
  ]);
}
