// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../model/index.js';
import type { ClusterSnapshot, MachineLife } from '../registry/index.js';
import { absentLife, type MachineAction, type MachineEvent, stepMachine } from './machine.js';

/** What becomes of one machine. At least one of `life` changed and `action` is there. */
export interface MachineDecision {
  readonly name: string;
  /** To be recorded; `undefined` when it stays as it is. */
  readonly life?: MachineLife;
  readonly action?: MachineAction;
  /** The order that the action carries out; 0: none. */
  readonly order: number;
  readonly reason: string;
}

/**
 * Holds what is against what was asked, machine by machine. Planning again on the result, with the actions
 * carried out, decides nothing. Cost: one step or two per machine of the cluster.
 *
 * @param lives what the engine knows of each machine; newer than the snapshot's, of which it is the writer
 * @param wanted the machines of the cluster file and their IDs
 * @param busy machines with an operation under way, which are left alone until it reports
 */
export function planMachines(
  snapshot: ClusterSnapshot,
  lives: ReadonlyMap<string, MachineLife>,
  wanted: ReadonlyMap<string, MachineId>,
  busy: ReadonlySet<string>,
  now: number,
): readonly MachineDecision[] {
  const decisions = [...wanted]
    .filter(([name]) => !busy.has(name))
    .map(([name, id]) => planWanted(snapshot, name, id, lives.get(name), now));
  const dropped = [...lives]
    .filter(([name]) => !wanted.has(name) && !busy.has(name))
    .map(([name, life]) => decide(name, life, [{ kind: 'dropped' }], now, 'not in the cluster file'));
  return [...decisions, ...dropped].filter((decision) => decision !== undefined);
}

function planWanted(
  snapshot: ClusterSnapshot,
  name: string,
  id: MachineId,
  life: MachineLife | undefined,
  now: number,
): MachineDecision | undefined {
  const order = snapshot.orders.get(name);
  const presence = presenceOf(snapshot, id);
  const events: MachineEvent[] = presence === undefined ? [] : [presence];
  if (order !== undefined) events.push({ kind: 'ordered', want: order.want, order: order.modRevision });
  return decide(name, life ?? absentLife, events, now, order === undefined ? '' : `ordered ${order.want}`);
}

/**
 * Whether its agent is registered, going or silent; nothing new as long as it is applying its configuration. An
 * agent that is not muster's has no node record.
 */
function presenceOf(snapshot: ClusterSnapshot, id: MachineId): MachineEvent | undefined {
  if (!snapshot.machines.has(id)) return { kind: 'unannounced' };
  const node = snapshot.nodes.get(id);
  if (node?.stage === 'configuring') return undefined;
  if (node?.stage === 'stopping') return { kind: 'leaving' };
  return { kind: 'announced', bootId: node?.bootId ?? 'unknown' };
}

function decide(
  name: string,
  before: MachineLife,
  events: readonly MachineEvent[],
  now: number,
  why: string,
): MachineDecision | undefined {
  let life = before;
  let action: MachineAction | undefined;
  let order = 0;
  for (const event of events) {
    const step = stepMachine(life, event, now);
    life = step.life ?? life;
    action = step.action ?? action;
    if (event.kind === 'ordered') order = event.order;
  }
  if (life === before && action === undefined) return undefined;
  const reason = action === undefined ? life.reason || life.state : why;
  return {
    name,
    order,
    reason,
    ...(life === before ? {} : { life }),
    ...(action === undefined ? {} : { action }),
  };
}
