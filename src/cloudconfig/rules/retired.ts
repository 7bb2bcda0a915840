// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from '../../spec/index.js';
import { problem } from '../rule.js';

const services = { etcd: 'etcd.service', etcd2: 'etcd2.service', fleet: 'fleet.service' } as const;

/** Services that Container Linux gave up, in plain data. muster's machines have them, and so this is only told. */
export function checkRetired(value: unknown): readonly DataProblem[] {
  const coreos = typeof value === 'object' && value !== null && 'coreos' in value ? value.coreos : undefined;
  const written = Object.keys(typeof coreos === 'object' && coreos !== null ? coreos : {});
  return (['etcd', 'etcd2', 'fleet'] as const)
    .filter((name) => written.includes(name))
    .map((name) =>
      problem(
        'retired-service',
        'info',
        ['coreos', name],
        [
          `Container Linux and Flatcar bring no ${services[name]} any more`,
          name === 'etcd'
            ? 'write it below "etcd2:", which muster runs; elsewhere convert the file'
            : 'muster runs it; for other systems convert the file: `muster config convert`',
        ],
        { at: 'key' },
      ),
    );
}
