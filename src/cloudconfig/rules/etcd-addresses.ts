// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';
import type { CloudConfig } from '../cloud-config.js';
import { problem } from '../rule.js';
import { splitUrls, textOf } from './etcd-bootstrap.js';

/**
 * What etcd advertises must be reachable for others, and must be told when it listens elsewhere than by default.
 *
 * Source: etcd 2.3, etcdmain/config.go: listen-client-urls without advertise-client-urls is refused.
 */
export function checkEtcdAddresses({ etcd2 }: CloudConfig): readonly DataProblem[] {
  const path = (key: string) => ['coreos', 'etcd2', key];
  const advertised = ['advertise_client_urls', 'initial_advertise_peer_urls'].flatMap((key) =>
    splitUrls(textOf(etcd2, key))
      .filter((url) => /^https?:\/\/(0\.0\.0\.0|127\.\d+\.\d+\.\d+|localhost|\[::1?\])[:/]/.test(url))
      .map((url) =>
        problem('etcd-address', 'warning', path(key), [
          `${quoteValue(url)} is nothing that another machine can reach`,
          'write the address of this machine: $private_ipv4',
        ]),
      ),
  );
  const isUntold =
    textOf(etcd2, 'listen_client_urls') !== '' && textOf(etcd2, 'advertise_client_urls') === '';
  const isProxy = ['on', 'readonly'].includes(textOf(etcd2, 'proxy'));
  const untold = problem('etcd-address', 'error', path('listen_client_urls'), [
    'etcd does not start with listen_client_urls and without advertise_client_urls',
    'add advertise_client_urls: http://$private_ipv4:2379',
  ]);
  return isUntold && !isProxy ? [...advertised, untold] : advertised;
}
