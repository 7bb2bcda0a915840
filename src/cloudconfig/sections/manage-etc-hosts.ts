// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue, told } from '../../spec/index.js';
import { checkSection, type Section } from '../section.js';

const key = ['manage_etc_hosts'];

const schema = told(
  z.enum(['', 'localhost'], { error: ({ input }) => `${quoteValue(input)} is not "localhost"` }),
  'Makes /etc/hosts name the machine.',
  'write localhost, or leave it out',
  ['localhost'],
);

/**
 * `manage_etc_hosts`: /etc/hosts, replaced by one line.
 *
 * Source: coreos-cloudinit f1f0405, system/etc_hosts.go; there any other value passes the check and fails later.
 */
export const manageEtcHosts: Section = {
  key,
  schema,
  parse: (value, context) =>
    checkSection(key, value, schema, context, (choice) => ({
      part: { manageEtcHosts: choice },
      problems: [],
    })),
  render: (config) => (config.manageEtcHosts === '' ? undefined : config.manageEtcHosts),
  lay: (base, over) => ({ manageEtcHosts: over.manageEtcHosts || base.manageEtcHosts }),
  plan: (config, facts) => {
    if (config.manageEtcHosts === '') return [];
    const content = `127.0.0.1 ${config.hostname || facts.hostname}\n`;
    const path = '/etc/hosts';
    const reason = 'manage_etc_hosts';
    return [
      {
        phase: 'files',
        action: { kind: 'write-file', path, content, encoding: 'utf8', owner: '', mode: 0o644, reason },
      },
    ];
  },
};
