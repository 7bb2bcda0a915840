// SPDX-License-Identifier: Apache-2.0

import { type BootExplanation, explainBoot, parseFacts } from '../../boot/index.js';
import { realHttpGet } from '../../effects/index.js';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, type FlagValues, textFlag } from '../command.js';
import { readDiskPlan } from '../config/disk-plan.js';
import { findControl } from '../control-record.js';
import { fail } from '../errors.js';
import { printJson, renderTable } from '../print.js';

/** Exit code 1: nobody of this cluster, or nothing to boot. */
export async function runBootWhy({ flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const query = queryOf(flags);
  if (query.size === 0)
    throw fail('cli/usage', { problem: 'which machine?', hint: 'give --mac, --uuid or --serial' });
  const control = await findControl(cluster);
  const told =
    control === undefined
      ? explainBoot((await readDiskPlan(cluster)).boot, parseFacts(query))
      : await askControl(control.controlUrl, query);
  if (textFlag(flags, 'output') === 'json') printJson(told);
  else process.stdout.write(await renderExplanation(told));
  return told.machine === '' || told.profile === '' ? 1 : 0;
}

async function askControl(url: string, query: URLSearchParams): Promise<BootExplanation> {
  const { status, body } = await realHttpGet(`${url}/why?${query}`);
  const text = Buffer.from(body).toString('utf8');
  if (status === 200) return JSON.parse(text) as BootExplanation;
  const [problem = '', hint = ''] = text.split('\n');
  throw fail('cli/usage', { problem, hint });
}

function queryOf(flags: FlagValues): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of ['mac', 'uuid', 'serial', 'arch']) {
    const value = textFlag(flags, name);
    if (value !== undefined) query.set(name, value);
  }
  const labels = Array.isArray(flags.label) ? flags.label : [];
  for (const label of labels) {
    const [key = '', ...value] = String(label).split('=');
    if (key === '' || value.length === 0)
      throw fail('cli/usage', { problem: `"${label}" is no label`, hint: 'write --label key=value' });
    query.set(key, value.join('='));
  }
  return query;
}

async function renderExplanation(told: BootExplanation): Promise<string> {
  const head = [
    `machine  ${told.machine === '' ? `none: ${told.matched}` : `${told.machine} (${told.matched})`}`,
    `profile  ${told.profile === '' ? 'none fits' : told.profile}${told.machine === '' ? ', once it is accepted' : ''}`,
    ...(told.waits === '' ? [] : [`waits    ${told.waits}`]),
  ];
  const table = await renderTable(told.profiles, [
    { title: 'PROFILE', text: ({ name }) => name },
    {
      title: 'SELECTOR',
      text: ({ selector }) =>
        Object.entries(selector)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
    },
    { title: 'FITS', text: ({ fits }) => (fits ? 'yes' : 'no') },
    { title: 'AGAINST IT', text: ({ against }) => against.join('; ') },
  ]);
  return `${head.join('\n')}\n\n${table}`;
}
