// SPDX-License-Identifier: Apache-2.0

import type { ClusterSnapshot } from '../../registry/index.js';
import type { WantedConfig } from './wanted-config.js';

export type RollEntry =
  | { readonly kind: 'send'; readonly wanted: WantedConfig; readonly why: string; readonly bootId: string }
  | { readonly kind: 'same'; readonly wanted: WantedConfig }
  /** It cannot take anything over now. */
  | { readonly kind: 'off'; readonly wanted: WantedConfig; readonly why: string };

/** Which machines have to be sent their configuration, in the order in which they are given. Pure. */
export function planRoll(
  wanted: readonly WantedConfig[],
  snapshot: Pick<ClusterSnapshot, 'nodes' | 'lives'>,
): readonly RollEntry[] {
  return wanted.map((machine) => planMachine(machine, snapshot));
}

function planMachine(
  wanted: WantedConfig,
  { nodes, lives }: Pick<ClusterSnapshot, 'nodes' | 'lives'>,
): RollEntry {
  const node = nodes.get(wanted.id);
  const state = lives.get(wanted.name)?.state ?? 'absent';
  if (state !== 'joined' || node === undefined) return { kind: 'off', wanted, why: `it is ${state}` };
  const { config, bootId, units } = node;
  if (config === undefined) {
    return { kind: 'off', wanted, why: 'its agent is older than this command, and takes over nothing' };
  }
  const send = (why: string): RollEntry => ({ kind: 'send', wanted, why, bootId });
  if (config.hash !== wanted.hash) return send('its user-data changed');
  if (config.state === 'failed') return send('not all of it could be done before');
  const failed = units.find(({ active }) => active === 'failed');
  if (failed !== undefined) return send(`${failed.name} failed`);
  const [drift] = config.drift;
  return drift === undefined ? { kind: 'same', wanted } : send(`it drifted: ${drift}`);
}
