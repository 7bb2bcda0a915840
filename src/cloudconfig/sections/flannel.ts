// SPDX-License-Identifier: Apache-2.0

import { textOption } from '../option-fields.js';
import { type OptionSection, optionSection, variablesOf } from '../option-section.js';
import type { Section } from '../section.js';

const options: OptionSection = {
  name: 'flannel',
  subject: 'flanneld.service',
  prefix: 'FLANNELD_',
  options: [
    textOption('etcd_endpoints'),
    textOption('etcd_cafile'),
    textOption('etcd_certfile'),
    textOption('etcd_keyfile'),
    textOption('etcd_prefix'),
    textOption('etcd_username'),
    textOption('etcd_password'),
    textOption('ip_masq'),
    textOption('subnet_file'),
    textOption('interface', { variable: 'FLANNELD_IFACE' }),
    textOption('public_ip'),
  ],
};

/**
 * `coreos.flannel`: FLANNELD_… variables in a file that flanneld.service reads; its last line has no end.
 *
 * Source of names and form: coreos-cloudinit f1f0405, config/flannel.go, system/flannel.go.
 */
export const flannel: Section = optionSection(options, (written) => {
  const variables = Object.entries(variablesOf(options, written));
  if (variables.length === 0) return [];
  const content = variables.map(([name, value]) => `${name}=${value}`).join('\n');
  const path = '/run/flannel/options.env';
  const reason = 'coreos.flannel';
  return [
    {
      phase: 'files',
      action: { kind: 'write-file', path, content, encoding: 'utf8', owner: '', mode: 0o644, reason },
    },
  ];
});
