// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { told } from '../../spec/index.js';
import { doubtKeys } from '../public-key.js';
import { checkSection, type Section } from '../section.js';

const key = ['ssh_authorized_keys'];

const schema = told(
  z.array(z.string().trim()),
  'Public keys that may log in as the user core.',
  'write a list of public keys, one line of an id_….pub file each',
  [['ssh-ed25519 AAAAC3Nza… me@home']],
);

/** `ssh_authorized_keys`: keys of the user core. */
export const sshAuthorizedKeys: Section = {
  key,
  schema,
  parse: (value, context) =>
    checkSection(key, value, schema, context, (keys) => ({
      part: { sshAuthorizedKeys: keys.filter((text) => text !== '') },
      problems: doubtKeys(keys, key),
    })),
  render: (config) => (config.sshAuthorizedKeys.length === 0 ? undefined : config.sshAuthorizedKeys),
  lay: (base, over) => ({
    sshAuthorizedKeys: [...new Set([...base.sshAuthorizedKeys, ...over.sshAuthorizedKeys])],
  }),
  plan: ({ sshAuthorizedKeys: keys }) =>
    keys.length === 0
      ? []
      : [
          {
            phase: 'keys',
            action: { kind: 'authorize-keys', user: 'core', keys, reason: 'ssh_authorized_keys' },
          },
        ],
};
