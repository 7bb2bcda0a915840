// SPDX-License-Identifier: Apache-2.0

import { emptyCloudConfig } from './cloud-config.js';
import { layOver } from './lay-over.js';
import { renderUserData } from './render-user-data.js';
import { parseUserData } from './user-data.js';

/**
 * User-data with these public keys of the user core as well. A script and an Ignition config stay as they are, since only
 * whoever wrote them knows where keys belong there; and so does what has no keys to take.
 */
export function authorizeKeys(userData: string | undefined, keys: readonly string[]): string | undefined {
  if (keys.length === 0) return userData;
  const parsed = parseUserData(userData ?? '');
  const over = { ...emptyCloudConfig, sshAuthorizedKeys: keys };
  switch (parsed.kind) {
    case 'empty':
      return renderUserData(over);
    case 'cloud-config':
      return renderUserData(layOver(parsed.config, over));
    default:
      return userData;
  }
}
