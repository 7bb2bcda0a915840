// SPDX-License-Identifier: Apache-2.0

import { isMap, isSeq, parseDocument, YAMLSeq } from 'yaml';
import type { MachineMarks, MachineRole } from '../model/index.js';
import { quoteValue } from './data-path.js';
import { defaultMachineName } from './machine-list.js';

export interface AddedMachine {
  /** Left out: the first free one of core-01, core-02, … */
  readonly name?: string | undefined;
  /** Left out: as the file has it for machines that name none. */
  readonly role?: MachineRole | undefined;
  readonly marks: MachineMarks;
}

export type AddResult =
  | { readonly kind: 'ok'; readonly text: string; readonly name: string }
  | { readonly kind: 'bad'; readonly problem: string; readonly hint: string };

/** Long lines are not folded, and `{a: 1}` gets no blanks. */
const asWritten = { lineWidth: 0, flowCollectionPadding: false };

/** Where a number of machines stands, or nothing at all. */
const defaultCount = 3;

/**
 * The cluster file with one more machine at the end of its list, or with the marks of a machine of that name that has none.
 * A number of machines becomes the list that it means. Comments and all else stay. Pure.
 *
 * @param text a cluster file that parses
 */
export function addMachine(text: string, machine: AddedMachine): AddResult {
  const document = parseDocument(text);
  if (document.contents !== null && !isMap(document.contents))
    return { kind: 'bad', problem: 'the cluster file is no mapping', hint: 'write keys with values' };
  const found = document.get('machines');
  const list = isSeq(found) ? found : listOf(found);
  if (!isSeq(found)) document.set('machines', list);
  list.flow = false;
  const names = list.items.map((item, index) => {
    const name = isMap(item) ? item.get('name') : undefined;
    return typeof name === 'string' ? name : defaultMachineName(index);
  });
  const name = machine.name ?? freeName(names);
  const entries = {
    ...machine.marks,
    ...(machine.role !== undefined && { role: machine.role }),
  };
  const at = names.indexOf(name);
  if (at < 0) {
    list.add(document.createNode({ name, ...entries }));
    return { kind: 'ok', text: document.toString(asWritten), name };
  }
  const item = list.items[at];
  if (!isMap(item) || ['mac', 'uuid', 'serial'].some((mark) => item.has(mark)))
    return {
      kind: 'bad',
      problem: `the machine ${quoteValue(name)} is there already, with a mark of its own`,
      hint: 'give another --name; `muster machine replace` puts new hardware in its place',
    };
  for (const [key, value] of Object.entries(entries)) item.set(key, value);
  return { kind: 'ok', text: document.toString(asWritten), name };
}

function listOf(count: unknown): YAMLSeq {
  const list = new YAMLSeq();
  const size = typeof count === 'number' ? count : defaultCount;
  const document = parseDocument('');
  for (let index = 0; index < size; index++)
    list.add(document.createNode({ name: defaultMachineName(index) }));
  return list;
}

function freeName(taken: readonly string[]): string {
  for (let index = 0; ; index++) {
    const name = defaultMachineName(index);
    if (!taken.includes(name)) return name;
  }
}
