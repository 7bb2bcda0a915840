// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, quoteValue } from '../spec/index.js';
import { warning } from './section.js';

/** What does not look like a public key. Options may stand before its type; what its data hold is sshd's business. */
export function doubtKeys(keys: readonly string[], path: DataPath): readonly DataProblem[] {
  const hint = 'write one line of an id_….pub file, it begins with ssh-ed25519 or ssh-rsa';
  return keys.flatMap((text, index) => {
    if (/(^|\s)(ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9@.-]+)\s+\S/.test(text)) return [];
    const isEmpty = text === '';
    const message = isEmpty
      ? 'an empty key is left out'
      : `${quoteValue(text)} does not look like a public key`;
    return [warning([...path, index], message, hint)];
  });
}
