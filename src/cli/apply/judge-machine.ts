// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { ClusterSnapshot, NodeState } from '../../registry/index.js';

export interface SentConfig {
  readonly name: string;
  readonly id: MachineId;
  readonly bootId: string;
  /** Revision of the order. */
  readonly order: number;
  /** Whether the machines run the store, which then has to be whole too. */
  readonly hasStore: boolean;
}

export type Verdict =
  | { readonly kind: 'well' }
  | { readonly kind: 'waiting'; readonly why: string }
  /** Waiting will not mend it. */
  | { readonly kind: 'bad'; readonly why: string };

/** How a machine does that was sent a configuration. Pure. */
export function judgeMachine(
  sent: SentConfig,
  snapshot: Pick<ClusterSnapshot, 'nodes' | 'lives' | 'storeView'>,
): Verdict {
  const life = snapshot.lives.get(sent.name);
  if (life !== undefined && life.state !== 'joined') return bad(`it is ${life.state}: ${life.reason}`);
  const node = snapshot.nodes.get(sent.id);
  if (node === undefined) return waiting('it is not registered');
  if (node.bootId !== sent.bootId) return bad('it has booted anew meanwhile, with the new configuration');
  const verdict = judgeNode(sent, node);
  if (verdict.kind !== 'well' || !sent.hasStore) return verdict;
  const { state = 'unknown', reason = '' } = snapshot.storeView ?? {};
  return state === 'ok' ? verdict : waiting(`the store is ${state}: ${reason}`);
}

function judgeNode({ order }: SentConfig, { config, units, problems }: NodeState): Verdict {
  if (config?.order !== order) return waiting('it is taking it over');
  if (config.state === 'failed') return bad(problems.join('; '));
  const failed = units.find(({ active }) => active === 'failed');
  if (failed !== undefined) return bad(`${failed.name} failed: ${failed.reason ?? 'no reason is known'}`);
  const starting = units.find(({ active }) => active === 'activating' || active === 'deactivating');
  return starting === undefined
    ? { kind: 'well' }
    : waiting(`${starting.name} is ${starting.active}${starting.reason ? `: ${starting.reason}` : ''}`);
}

function waiting(why: string): Verdict {
  return { kind: 'waiting', why };
}

function bad(why: string): Verdict {
  return { kind: 'bad', why };
}
