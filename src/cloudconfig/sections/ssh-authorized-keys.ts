// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type DataProblem, quoteValue, told } from '../../spec/index.js';
import { checkSection, type Section, warning } from '../section.js';

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
      problems: keys.flatMap(doubt),
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

/** Options may stand before a key's type; what the type's data hold is sshd's business. */
function doubt(text: string, index: number): readonly DataProblem[] {
  if (/(^|\s)(ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9@.-]+)\s+\S/.test(text)) return [];
  const message =
    text === '' ? 'an empty key is left out' : `${quoteValue(text)} does not look like a public key`;
  return [
    warning(
      [...key, index],
      message,
      'write one line of an id_….pub file, it begins with ssh-ed25519 or ssh-rsa',
    ),
  ];
}
