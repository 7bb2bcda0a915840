// SPDX-License-Identifier: Apache-2.0

import { choiceOption, countOption, switchOption, textOption, urlsOption } from '../option-fields.js';
import type { Section } from '../section.js';
import { environmentSection } from '../unit-environment.js';

/**
 * `coreos.etcd2`: ETCD_… variables of etcd2.service.
 *
 * Source of names, types and order: coreos-cloudinit f1f0405, config/etcd2.go.
 */
export const etcd2: Section = environmentSection(
  {
    name: 'etcd2',
    subject: 'etcd2.service',
    prefix: 'ETCD_',
    options: [
      urlsOption('advertise_client_urls', { isListener: false }),
      textOption('ca_file', { deprecated: 'write trusted_ca_file and client_cert_auth in its place' }),
      textOption('cert_file'),
      switchOption('client_cert_auth'),
      textOption('cors'),
      textOption('data_dir'),
      switchOption('debug'),
      textOption('discovery'),
      choiceOption('discovery_fallback', ['proxy', 'exit']),
      textOption('discovery_srv'),
      textOption('discovery_proxy'),
      countOption('election_timeout'),
      switchOption('enable_pprof'),
      switchOption('force_new_cluster'),
      countOption('heartbeat_interval'),
      urlsOption('initial_advertise_peer_urls', { isListener: false }),
      textOption('initial_cluster'),
      choiceOption('initial_cluster_state', ['new', 'existing']),
      textOption('initial_cluster_token'),
      textOption('key_file'),
      urlsOption('listen_client_urls', { isListener: true }),
      urlsOption('listen_peer_urls', { isListener: true }),
      textOption('log_package_levels'),
      countOption('max_snapshots'),
      countOption('max_wals'),
      textOption('name'),
      textOption('peer_ca_file', {
        deprecated: 'write peer_trusted_ca_file and peer_client_cert_auth in its place',
      }),
      textOption('peer_cert_file'),
      textOption('peer_key_file'),
      switchOption('peer_client_cert_auth'),
      textOption('peer_trusted_ca_file'),
      choiceOption('proxy', ['on', 'off', 'readonly']),
      countOption('proxy_dial_timeout'),
      countOption('proxy_failure_wait'),
      countOption('proxy_read_timeout'),
      countOption('proxy_refresh_interval'),
      countOption('proxy_write_timeout'),
      countOption('snapshot_count'),
      switchOption('strict_reconfig_check'),
      textOption('trusted_ca_file'),
      textOption('wal_dir'),
    ],
  },
  'etcd2.service',
);
