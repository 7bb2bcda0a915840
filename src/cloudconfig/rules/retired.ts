// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from '../../spec/index.js';
import type { CloudConfig } from '../cloud-config.js';
import { problem } from '../rule.js';

const services = { etcd: 'etcd.service', etcd2: 'etcd2.service', fleet: 'fleet.service' } as const;

/** Services that Container Linux gave up. muster's machines have them, and so this is only told. */
export function checkRetired(config: CloudConfig): readonly DataProblem[] {
  return (['etcd', 'etcd2', 'fleet'] as const)
    .filter((name) => Object.keys(config[name]).length > 0)
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
