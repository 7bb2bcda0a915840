// SPDX-License-Identifier: Apache-2.0

import type { StoreIdentity } from '../identity.js';
import type { Figure } from './figure.js';

/** Who answers, as labels of a constant 1. */
export function identityFigures(identity: StoreIdentity): readonly Figure[] {
  return [
    {
      kind: 'gauge',
      name: 'etcd_server_version',
      help: 'Which version of etcd it behaves as: 1 for that.',
      labelNames: ['server_version'],
      read: () => [{ labels: { server_version: identity.version }, value: 1 }],
    },
    {
      kind: 'gauge',
      name: 'etcd_server_id',
      help: 'The ID of the member in hexadecimal: 1 for that.',
      labelNames: ['server_id'],
      read: () => [{ labels: { server_id: identity.memberId.toString(16) }, value: 1 }],
    },
  ];
}
