// SPDX-License-Identifier: Apache-2.0

import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { checkNames } from '../parse-flags.js';
import { printJson } from '../print.js';
import { readDiskPlan } from './disk-plan.js';
import { type ClusterChange, type MachineChange, planClusterChange } from './plan-changes.js';
import { readApplied } from './run-render.js';

/** As `diff` has 1 for texts that differ; here 1 is a failure. */
export const changedCode = 3;

export async function runConfigDiff({ args, flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const before = await readApplied(cluster);
  const change = planClusterChange(before, await readDiskPlan(cluster));
  const known = change.machines.map(({ name }) => name);
  checkNames(before.spec.name, known, args);
  const machines = change.machines.filter(({ name }) => args.length === 0 || args.includes(name));
  const shown: ClusterChange = { settings: args.length === 0 ? change.settings : [], machines };
  const isSame = shown.settings.length === 0 && machines.every(({ kind }) => kind === 'same');
  if (textFlag(flags, 'output') === 'json') printJson(jsonOf(shown));
  else process.stdout.write(renderClusterChange(shown));
  return isSame ? 0 : changedCode;
}

function jsonOf({ settings, machines }: ClusterChange) {
  return {
    settings,
    machines: machines.map((machine) => {
      const { name, kind, fields } = machine;
      return { name, kind, fields, diff: renderPatch(machine) };
    }),
  };
}

/** Settings, then machines that change: their fields, then their user-data as a unified diff. */
export function renderClusterChange({ settings, machines }: ClusterChange): string {
  const lines = machines
    .filter(({ kind }) => kind !== 'same')
    .map((machine) => {
      const head = [
        `machine ${machine.name} is ${machine.kind}`,
        ...machine.fields.map((text) => `  ${text}`),
      ];
      return `${head.join('\n')}\n${renderPatch(machine)}`;
    });
  return [...settings.map((text) => `${text}\n`), ...lines].join('');
}

function renderPatch({ name, before, after }: MachineChange): string {
  if (before === after) return '';
  return createTwoFilesPatch(
    before === undefined ? '/dev/null' : `applied/${name}`,
    after === undefined ? '/dev/null' : `edited/${name}`,
    before ?? '',
    after ?? '',
    undefined,
    undefined,
    { context: 3, headerOptions: FILE_HEADERS_ONLY },
  );
}
