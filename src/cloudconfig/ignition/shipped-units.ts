// SPDX-License-Identifier: Apache-2.0

import { quoteValue } from '../../spec/index.js';
import type { IgnitionVariant } from './piece.js';

/** Units of CoreOS that a system of today has no more. */
const gone: Readonly<Record<IgnitionVariant, readonly string[]>> = {
  flatcar: ['fleet.service', 'fleet.socket'],
  fcos: [
    'etcd.service',
    'etcd2.service',
    'etcd-member.service',
    'fleet.service',
    'fleet.socket',
    'flanneld.service',
    'locksmithd.service',
    'update-engine.service',
  ],
};

/** Units that are there, have an [Install] section, and so can be enabled without being defined. */
const installed: Readonly<Record<IgnitionVariant, readonly string[]>> = {
  flatcar: [
    'docker.service',
    'etcd-member.service',
    'flanneld.service',
    'locksmithd.service',
    'sshd.socket',
    'update-engine.service',
  ],
  fcos: ['docker.service', 'podman.service', 'podman.socket', 'sshd.service', 'zincati.service'],
};

const systems: Readonly<Record<IgnitionVariant, string>> = { flatcar: 'Flatcar', fcos: 'Fedora CoreOS' };

/** A unit under its name of today, and what there is to say of that; nothing when `note` is empty. */
export interface ShippedName {
  readonly name: string;
  readonly note: string;
  readonly hint: string;
}

/**
 * What a unit of CoreOS is called on the system: etcd is etcd-member.service on Flatcar, which takes the same
 * variables. A unit that the config defines keeps its name.
 */
export function shippedName(
  unit: string,
  defined: ReadonlySet<string>,
  variant: IgnitionVariant,
): ShippedName {
  if (defined.has(unit)) return { name: unit, note: '', hint: '' };
  if (variant === 'flatcar' && (unit === 'etcd.service' || unit === 'etcd2.service')) {
    const variables = unit === 'etcd2.service' ? 'reads the same variables' : 'reads the variables of etcd 2';
    const hint = `it stands at etcd-member.service, which runs etcd 3 and ${variables}`;
    return { name: 'etcd-member.service', note: `Flatcar has no ${unit}`, hint };
  }
  if (!gone[variant].includes(unit)) return { name: unit, note: '', hint: '' };
  const note = `${systems[variant]} has no ${quoteValue(unit)}`;
  return {
    name: unit,
    note,
    hint: 'it is written all the same; it does nothing until a unit of that name is defined',
  };
}

export function isInstalled(unit: string, variant: IgnitionVariant): boolean {
  return installed[variant].includes(unit);
}
