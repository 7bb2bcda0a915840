// SPDX-License-Identifier: Apache-2.0

import { countOption, secondsOption, switchOption, textOption } from '../option-fields.js';
import type { Section } from '../section.js';
import { environmentSection } from '../unit-environment.js';

/**
 * `coreos.fleet`: FLEET_… variables of fleet.service.
 *
 * Source of names and types: coreos-cloudinit f1f0405, config/fleet.go.
 */
export const fleet: Section = environmentSection(
  {
    name: 'fleet',
    subject: 'fleet.service',
    prefix: 'FLEET_',
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
  },
  'fleet.service',
);
