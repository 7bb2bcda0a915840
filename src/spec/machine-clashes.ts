// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from './check-data.js';
import { valueAt } from './data-edit.js';
import type { DataPath } from './data-path.js';
import { defaultMachineName } from './machine-list.js';
import { findIpv4, findIpv6, findMac, findUuid } from './text-format.js';

/** A field whose value may stand once in the whole list; fields of one `group` share that rule. */
interface UniqueField {
  readonly key: string;
  readonly group: string;
  readonly normalize: (text: string) => string | undefined;
}

const uniqueFields: readonly UniqueField[] = [
  { key: 'name', group: 'name', normalize: (text) => text },
  { key: 'mac', group: 'MAC address', normalize: findMac },
  { key: 'uuid', group: 'UUID', normalize: findUuid },
  { key: 'serial', group: 'serial number', normalize: (text) => text.trim() },
  { key: 'privateIpv4', group: 'address', normalize: findIpv4 },
  { key: 'publicIpv4', group: 'address', normalize: findIpv4 },
  { key: 'privateIpv6', group: 'address', normalize: findIpv6 },
  { key: 'publicIpv6', group: 'address', normalize: findIpv6 },
];

/**
 * Names, marks and addresses that two machines of the list share. Works on the data as written, so that clashes
 * are told beside all other problems; a value that is wrong in itself clashes with nothing.
 */
export function findMachineClashes(
  data: unknown,
  textAt: (path: DataPath) => string | undefined,
): readonly DataProblem[] {
  const machines = valueAt(data, ['machines']);
  if (!Array.isArray(machines)) return [];
  const owners = new Map<string, number>();
  return machines.flatMap((_, index) =>
    uniqueFields.flatMap((field) => {
      const path = ['machines', index, field.key];
      const written = textOf(valueAt(data, path), () => textAt(path));
      const text = written ?? (field.key === 'name' ? defaultMachineName(index) : undefined);
      const value = text === undefined ? undefined : field.normalize(text);
      if (text === undefined || value === undefined || value === '') return [];
      const owner = owners.get(`${field.group} ${value}`);
      if (owner === undefined || owner === index) {
        owners.set(`${field.group} ${value}`, index);
        return [];
      }
      return [clash(path, field, text, `machines[${owner}]`)];
    }),
  );
}

function clash(path: DataPath, field: UniqueField, text: string, owner: string): DataProblem {
  const message = `the ${field.group} "${text}" is also that of ${owner}`;
  return { severity: 'error', path, at: 'value', message, hint: `give each machine its own ${field.group}` };
}

function textOf(value: unknown, written: () => string | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? (written() ?? String(value)) : undefined;
}
