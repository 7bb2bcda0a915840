// SPDX-License-Identifier: Apache-2.0

import { countOption, daemonSection, secondsOption, switchOption, textOption } from '../daemon-section.js';
import type { Section } from '../section.js';

/**
 * `coreos.fleet`: FLEET_… variables of fleet.service.
 *
 * Source of names and types: coreos-cloudinit f1f0405, config/fleet.go.
 */
export const fleet: Section = daemonSection({
  name: 'fleet',
  prefix: 'FLEET_',
  unit: 'fleet.service',
  options: [
    textOption('agent_ttl'),
    textOption('authorized_keys_file'),
    switchOption('disable_engine'),
    secondsOption('engine_reconcile_interval'),
    textOption('etcd_cafile'),
    textOption('etcd_certfile'),
    textOption('etcd_keyfile'),
    textOption('etcd_key_prefix'),
    secondsOption('etcd_request_timeout'),
    textOption('etcd_servers'),
    textOption('etcd_username'),
    textOption('etcd_password'),
    textOption('metadata'),
    textOption('public_ip'),
    countOption('token_limit'),
    countOption('verbosity'),
    switchOption('verify_units'),
  ],
});
