// SPDX-License-Identifier: Apache-2.0

import type { ClusterSnapshot } from '../../registry/index.js';

/**
 * Machines in the order in which they reboot: those that cost no vote first, members after them, and last the one that
 * leads, so that the store elects once. Otherwise as they are given, each once. Pure.
 */
export function planOrder(
  names: readonly string[],
  { storeView }: Pick<ClusterSnapshot, 'storeView'>,
): readonly string[] {
  const rank = (name: string) => {
    const member = storeView?.members[name];
    if (member === undefined) return 0;
    return member.id !== '' && member.id === storeView?.leader ? 2 : 1;
  };
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b));
}
