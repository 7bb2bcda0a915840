// SPDX-License-Identifier: Apache-2.0

import { howCalled } from '../machine-table.js';
import { renderTable } from '../print.js';
import type { RollEntry } from './plan-roll.js';
import type { Outcome } from './send-all.js';

/** What would become of one machine, for a dry run. */
export function renderEntry(entry: RollEntry): string {
  const { name } = entry.wanted;
  switch (entry.kind) {
    case 'send':
      return `${name}  would be sent its configuration: ${entry.why}\n`;
    case 'off':
      return `${name}  takes it when it boots: ${entry.why}\n`;
    case 'same':
      return `${name}  has it\n`;
    default:
      return entry satisfies never;
  }
}

/** The same as data, in the fields of an outcome; what would change in files is told by `muster config diff -o json`. */
export function plannedOutcome(entry: RollEntry) {
  const { name } = entry.wanted;
  if (entry.kind === 'send') return { name, outcome: 'planned', reason: entry.why };
  return { name, outcome: entry.kind, reason: entry.kind === 'off' ? entry.why : '' };
}

/** A table, and below it what takes a reboot. */
export async function renderOutcomes(outcomes: readonly Outcome[]): Promise<string> {
  const table = await renderTable(outcomes, [
    { title: 'NAME', text: ({ name }) => name },
    { title: 'OUTCOME', text: ({ outcome }) => outcome },
    { title: 'REASON', text: ({ reason }) => reason },
  ]);
  const waiting = outcomes.flatMap(({ name, atBoot }) =>
    atBoot.map((text) => `${name}  takes a reboot (\`${howCalled()} reboot ${name}\`): ${text}\n`),
  );
  return [table, ...waiting].join('');
}

export function adviceAfter({ name, reason }: Outcome): string {
  const me = howCalled();
  return [
    `error: ${name} did not get well: ${reason}`,
    `  look at \`${me} logs ${name}\`, mend the files and run \`${me} apply\` again: it goes on where it stopped`,
  ].join('\n');
}
