// SPDX-License-Identifier: Apache-2.0

import type { MachineFacts } from '../model/index.js';
import type { CloudConfig } from './cloud-config.js';
import type { PhasedAction } from './section.js';

const path = '/etc/environment';

/**
 * The machine's addresses as variables that units may read, unless the config writes that file itself.
 *
 * Source: coreos-cloudinit f1f0405, initialize/env.go, DefaultEnvironmentFile.
 */
export function planEnvironment(config: CloudConfig, facts: MachineFacts): readonly PhasedAction[] {
  if (config.writeFiles.some((file) => file.path === path)) return [];
  const addresses = {
    COREOS_PRIVATE_IPV4: facts.privateIpv4,
    COREOS_PRIVATE_IPV6: facts.privateIpv6,
    COREOS_PUBLIC_IPV4: facts.publicIpv4,
    COREOS_PUBLIC_IPV6: facts.publicIpv6,
  };
  const variables = Object.fromEntries(Object.entries(addresses).filter(([, value]) => value !== ''));
  if (Object.keys(variables).length === 0) return [];
  const reason = 'facts.addresses';
  return [{ phase: 'settings', action: { kind: 'set-variables', path, template: '', variables, reason } }];
}
