// SPDX-License-Identifier: Apache-2.0

import { parseUnitFile } from '../../units/index.js';
import { parseCloudData } from '../cloud-data.js';

type SectionName = 'etcd' | 'etcd2' | 'fleet' | 'flannel' | 'locksmith';

/** The sections whose options are variables of a unit, by the unit, and what variables begin with. */
const sections: Readonly<Record<string, { readonly section: SectionName; readonly prefix: string }>> = {
  'etcd.service': { section: 'etcd', prefix: 'ETCD_' },
  'etcd2.service': { section: 'etcd2', prefix: 'ETCD_' },
  'etcd-member.service': { section: 'etcd2', prefix: 'ETCD_' },
  'fleet.service': { section: 'fleet', prefix: 'FLEET_' },
  'flanneld.service': { section: 'flannel', prefix: 'FLANNELD_' },
  'locksmithd.service': { section: 'locksmith', prefix: 'LOCKSMITHD_' },
};

/** Where the variable is not the prefix and the option. */
const names: Readonly<Record<string, string>> = {
  FLANNELD_IFACE: 'interface',
  REBOOT_WINDOW_START: 'window_start',
  REBOOT_WINDOW_LENGTH: 'window_length',
};

/**
 * The options that a drop-in of a cloud-config's section stands for; `undefined` for any other drop-in. Values
 * that look like numbers and switches are such; the section's parser makes them text where it wants text.
 */
export function readOptions(
  unit: string,
  dropIn: string,
  contents: string,
): { readonly section: string; readonly options: Readonly<Record<string, unknown>> } | undefined {
  const found = sections[unit];
  if (found === undefined || dropIn !== '20-cloudinit.conf') return undefined;
  const parsed = parseUnitFile(contents).unit.sections;
  const pairs = parsed.flatMap(({ entries }) =>
    entries.map(({ key, value }) => optionOf(key, value, found.prefix)),
  );
  if (parsed.length !== 1 || parsed[0]?.name !== 'Service' || pairs.length === 0) return undefined;
  const known = pairs.filter((pair) => pair !== undefined);
  const options = Object.fromEntries(known);
  const isWhole = known.length === pairs.length && isRead(found.section, options, known.length);
  return isWhole ? { section: found.section, options } : undefined;
}

/** Whether the section takes every option: what it does not take would be gone. */
function isRead(section: SectionName, options: Readonly<Record<string, unknown>>, count: number): boolean {
  const context = { textAt: () => undefined, gunzip: undefined };
  const { config } = parseCloudData({ coreos: { [section]: options } }, context);
  return Object.keys(config[section]).length === count;
}

function optionOf(key: string, value: string, prefix: string): readonly [string, unknown] | undefined {
  const [, variable = '', text = ''] = /^"([A-Z0-9_]+)=(.*)"$/.exec(value) ?? [];
  if (key !== 'Environment' || variable === '') return undefined;
  const option =
    names[variable] ??
    (variable.startsWith(prefix) ? variable.slice(prefix.length).toLowerCase() : undefined);
  return option === undefined ? undefined : [option, typedValue(text)];
}

function typedValue(text: string): unknown {
  if (text === 'true') return true;
  return String(Number(text)) === text ? Number(text) : text;
}
