// SPDX-License-Identifier: Apache-2.0

import type { PendingMachine } from '../../registry/index.js';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { getControl } from '../control-record.js';
import { ageText } from '../machine-table.js';
import { type Column, printRows } from '../print.js';
import { openSession } from '../session.js';

const factOf = (name: string) => (machine: PendingMachine) => machine.facts[name] ?? '';

const columns: readonly Column<PendingMachine>[] = [
  { title: 'MARK', text: ({ mark }) => mark },
  { title: 'ADDRESS', text: ({ address }) => address },
  { title: 'ARCH', text: factOf('arch') },
  { title: 'PLATFORM', text: factOf('platform') },
  { title: 'MANUFACTURER', text: factOf('manufacturer') },
  { title: 'PRODUCT', text: factOf('product') },
  { title: 'SERIAL', text: factOf('serial') },
  { title: 'FIRST SEEN', text: ({ firstSeen }) => ageText(new Date(firstSeen).toISOString(), Date.now()) },
  { title: 'UUID', text: factOf('uuid') },
];

/** Machines that asked to boot and belong to nobody, longest waiting first. */
export async function runPending({ flags }: CommandInput): Promise<ExitCode> {
  const session = openSession(await getControl(findClusterFolder(flags)));
  try {
    const { pending } = await session.registry.snapshot();
    const rows = [...pending.values()].sort((a, b) => a.firstSeen - b.firstSeen).map(printable);
    await printRows(textFlag(flags, 'output') ?? 'table', rows, columns);
    return 0;
  } finally {
    await session.close();
  }
}

/** What a stranger sends steers no terminal. */
function printable(machine: PendingMachine): PendingMachine {
  const clean = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '?');
  const facts = Object.entries(machine.facts).map(([key, value]) => [clean(key), clean(value)]);
  return { ...machine, facts: Object.fromEntries(facts) };
}
