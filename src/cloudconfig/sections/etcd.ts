// SPDX-License-Identifier: Apache-2.0

import {
  choiceOption,
  countOption,
  secondsOption,
  switchOption,
  textOption,
  urlsOption,
} from '../option-fields.js';
import type { SectionOption } from '../option-section.js';
import type { Section } from '../section.js';
import { environmentSection } from '../unit-environment.js';

/**
 * `coreos.etcd`: ETCD_… variables of etcd.service, which was etcd 0.4. Options of etcd 2 were taken here for a
 * while.
 *
 * Source of names, types and order: coreos-cloudinit f1f0405, config/etcd.go.
 */
export const etcd: Section = environmentSection(
  {
    name: 'etcd',
    subject: 'etcd.service, version 0.4',
    prefix: 'ETCD_',
    options: [
      textOption('addr'),
      ofEtcd2(urlsOption('advertise_client_urls', { isListener: false })),
      textOption('bind_addr'),
      textOption('ca_file'),
      textOption('cert_file'),
      countOption('cluster_active_size'),
      secondsOption('cluster_remove_delay'),
      secondsOption('cluster_sync_interval'),
      textOption('cors'),
      textOption('data_dir'),
      textOption('discovery'),
      ofEtcd2(choiceOption('discovery_fallback', ['proxy', 'exit'])),
      ofEtcd2(textOption('discovery_srv')),
      ofEtcd2(textOption('discovery_proxy')),
      ofEtcd2(countOption('election_timeout')),
      ofEtcd2(switchOption('force_new_cluster')),
      textOption('graphite_host'),
      ofEtcd2(countOption('heartbeat_interval')),
      secondsOption('http_read_timeout'),
      secondsOption('http_write_timeout'),
      ofEtcd2(urlsOption('initial_advertise_peer_urls', { isListener: false })),
      ofEtcd2(textOption('initial_cluster')),
      ofEtcd2(choiceOption('initial_cluster_state', ['new', 'existing'])),
      ofEtcd2(textOption('initial_cluster_token')),
      textOption('key_file'),
      ofEtcd2(urlsOption('listen_client_urls', { isListener: true })),
      ofEtcd2(urlsOption('listen_peer_urls', { isListener: true })),
      countOption('max_result_buffer'),
      countOption('max_retry_attempts'),
      ofEtcd2(countOption('max_snapshots')),
      ofEtcd2(countOption('max_wals')),
      textOption('name'),
      textOption('peer_addr'),
      textOption('peer_bind_addr'),
      textOption('peer_ca_file'),
      textOption('peer_cert_file'),
      countOption('peer_election_timeout'),
      countOption('peer_heartbeat_interval'),
      textOption('peer_key_file'),
      textOption('peers'),
      textOption('peers_file'),
      ofEtcd2(choiceOption('proxy', ['on', 'off', 'readonly'])),
      secondsOption('retry_interval'),
      switchOption('snapshot'),
      countOption('snapshot_count', { variable: 'ETCD_SNAPSHOTCOUNT' }),
      textOption('trace'),
      switchOption('verbose'),
      switchOption('very_verbose'),
      switchOption('very_very_verbose'),
    ],
  },
  'etcd.service',
);

function ofEtcd2(option: SectionOption): SectionOption {
  return { ...option, deprecated: 'it is an option of etcd 2: write it below "etcd2:"' };
}
