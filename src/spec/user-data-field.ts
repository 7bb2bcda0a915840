// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { told } from './schema-hint.js';
import type { UserDataSource } from './user-data-source.js';

const path = z.string().refine((text) => text.trim() !== '' && !text.includes('\0'), {
  error: 'the path of a file is expected here',
});

const source = z
  .union([path, z.record(z.string(), z.unknown())])
  .transform(
    (value): UserDataSource =>
      typeof value === 'string' ? { kind: 'file', path: value } : { kind: 'inline', config: value },
  );

/** A path, or cloud-config keys written in place; what the keys mean is checked by their own parser. */
export function userDataField(description: string) {
  const hint = 'write the path of a file, or a mapping of cloud-config keys such as hostname or coreos';
  return told(source.optional(), description, hint, ['user-data']);
}
