// SPDX-License-Identifier: Apache-2.0

import type { StoreEvent } from '../registry/index.js';
import { bootEvents } from '../status/index.js';
import { findClusterFolder } from './cluster-folder.js';
import { type CommandInput, type ExitCode, isSet, textFlag } from './command.js';
import { getControl } from './control-record.js';
import { parseCount } from './parse-flags.js';
import { type Column, printRows } from './print.js';
import { openSession } from './session.js';

const columns: readonly Column<StoreEvent>[] = [
  { title: 'TIME', text: ({ at }) => new Date(at).toISOString() },
  { title: 'EVENT', text: ({ kind }) => kind },
  { title: 'MACHINE', text: ({ machine }) => machine },
  { title: 'MEMBER', text: ({ memberId }) => memberId },
  { title: 'UNIT', text: ({ unit }) => unit ?? '' },
  { title: 'REASON', text: ({ reason }) => reason },
];

export async function runEvents({ flags, signal }: CommandInput): Promise<ExitCode> {
  const count = parseCount('--lines', textFlag(flags, 'lines') ?? '100');
  const isJson = textFlag(flags, 'output') === 'json';
  const session = openSession(await getControl(findClusterFolder(flags)));
  try {
    const { store } = session.registry;
    const [stored, snapshot] = await Promise.all([store.events(count), session.registry.snapshot()]);
    const boots = bootEvents(snapshot);
    const events = [...stored, ...boots].sort((a, b) => a.at - b.at).slice(-count);
    if (!isSet(flags, 'follow')) {
      await printRows(isJson ? 'json' : 'table', events, columns);
      return 0;
    }
    const print = (event: StoreEvent) =>
      process.stdout.write(`${isJson ? JSON.stringify(event) : lineOf(event)}\n`);
    for (const event of events) print(event);
    // One that has failed ends the other: the snapshots are waited for as long as it takes.
    const ended = new AbortController();
    const until = AbortSignal.any([signal, ended.signal]);
    const printBoots = async () => {
      const told = new Set(boots.map(keyOf));
      for await (const view of session.registry.watch(until)) {
        if (view.kind !== 'snapshot') continue;
        for (const event of bootEvents(view.snapshot)) {
          if (told.has(keyOf(event))) continue;
          told.add(keyOf(event));
          print(event);
        }
      }
    };
    const printStored = async () => {
      for await (const event of store.watchEvents(until)) print(event);
    };
    const printing = [printBoots(), printStored()];
    try {
      await Promise.all(printing);
    } finally {
      ended.abort();
      await Promise.allSettled(printing);
    }
    return 0;
  } finally {
    await session.close();
  }
}

function keyOf({ at, kind, machine }: StoreEvent): string {
  return `${at} ${kind} ${machine}`;
}

/** How a unit stands to the machine that its event names. */
function wayOf(kind: string): string {
  return kind === 'unit-placed' || kind === 'unit-rolled-back' ? 'on' : 'from';
}

function lineOf({ at, kind, machine, memberId, unit, reason }: StoreEvent): string {
  const where = unit === undefined || machine === '' ? machine : `${wayOf(kind)} ${machine}`;
  const about = [unit ?? '', where, memberId].filter((text) => text !== '').join(' ');
  return `${new Date(at).toISOString()}  ${kind}${about === '' ? '' : ` ${about}`}${reason === '' ? '' : `: ${reason}`}`;
}
