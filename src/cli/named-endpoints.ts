// SPDX-License-Identifier: Apache-2.0

import { type FlagValues, textFlag } from './command.js';

/**
 * The endpoints of another store than the cluster's own: `--endpoints`, else `ETCDCTL_ENDPOINTS`; none when neither is
 * there. Whoever names a cluster file means that cluster, whatever the environment says.
 */
export function namedEndpoints(flags: FlagValues): readonly string[] {
  const fallback = textFlag(flags, 'file') === undefined ? process.env.ETCDCTL_ENDPOINTS : '';
  const named = textFlag(flags, 'endpoints') ?? fallback ?? '';
  if (named === '') return [];
  return named.split(',').map((text) => (text.includes('://') ? text.trim() : `http://${text.trim()}`));
}
