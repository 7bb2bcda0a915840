// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { ClusterSnapshot } from '../../registry/index.js';

/** Why a machine is not well after its reboot; nothing: it is. The store counts too, where the machines run it. Pure. */
export function judgeWell(
  { lives, nodes, storeView, store }: Pick<ClusterSnapshot, 'lives' | 'nodes' | 'storeView' | 'store'>,
  machine: { readonly name: string; readonly id: MachineId },
): string | undefined {
  const life = lives.get(machine.name);
  if (life?.state !== 'joined') {
    return `it is ${life?.state ?? 'absent'}${life?.reason ? `: ${life.reason}` : ''}`;
  }
  const node = nodes.get(machine.id);
  // An agent that is not muster's says nothing of its units.
  if (node !== undefined && node.stage !== 'running') return `its agent is ${node.stage}`;
  const unit = node?.units.find(({ active }) => active === 'failed' || active === 'activating');
  if (unit !== undefined) return `${unit.name} is ${unit.active}${unit.reason ? `: ${unit.reason}` : ''}`;
  const member = storeView?.members[machine.name];
  if (store === undefined || member === undefined) return undefined;
  if (member.state !== 'voter')
    return `its member is ${member.state}${member.reason ? `: ${member.reason}` : ''}`;
  return storeView?.state === 'ok' ? undefined : `the store is ${storeView?.state}: ${storeView?.reason}`;
}
