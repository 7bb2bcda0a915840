// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { UnitWrite } from '../../registry/index.js';
import type { Board, MachineLoad, PlannedUnit } from './board.js';
import { penaltyOf } from './choose-machine.js';
import { findMisfit, findRefusal } from './misfit.js';

/** A unit that goes elsewhere so that the machines have about as many units each. */
export interface Move {
  readonly unit: string;
  readonly from: MachineId;
  readonly to: MachineId;
  readonly reason: string;
}

/** Of those with the fewest units; a unit that fits none of them stays where it is. */
const mostTakers = 50;

/**
 * The next moves that make machines more even, from the fullest to the emptiest; none once no two of them differ by
 * more than one as far as units may move. Each machine takes one unit at a time and each group has one on the way, so
 * that a service is never away as a whole. What others follow, what replaces others, and what
 * has done its work, stays.
 *
 * @param moving units that are on the way already, and whereto
 */
export function nextMoves(board: Board, moving: ReadonlyMap<string, MachineId>): readonly Move[] {
  const present = board.present();
  const counts = new Map(present.map((machine) => [machine.id, machine.count]));
  const count = ({ id }: MachineLoad) => counts.get(id) ?? 0;
  for (const [name, to] of moving) {
    for (const id of board.holders(name)) if (id !== to) counts.set(id, (counts.get(id) ?? 0) - 1);
    if (!board.holders(name).has(to)) counts.set(to, (counts.get(to) ?? 0) + 1);
  }
  const busy = new Set(moving.values());
  const groups = new Set([...moving.keys()].map((name) => board.unit(name)?.group));
  const takers = present
    .filter((machine) => findRefusal(machine) === undefined && !busy.has(machine.id))
    .toSorted((a, b) => count(a) - count(b))
    .slice(0, mostTakers);
  const givers = present.toSorted((a, b) => count(b) - count(a));
  const moves: Move[] = [];
  const collect = (least: (machine: MachineLoad) => number, most: (machine: MachineLoad) => number) => {
    for (const giver of givers) {
      for (const unit of movable(board, giver)) {
        if (moving.has(unit.name) || groups.has(unit.group)) continue;
        const taker = takers.find(
          (one) =>
            !busy.has(one.id) &&
            count(one) < most(one) &&
            count(giver) > least(giver) &&
            count(giver) - count(one) >= 2 &&
            isWelcome(board, unit, giver, one),
        );
        if (taker === undefined) continue;
        const reason = `evened out: ${count(giver)} units there, ${count(taker)} on the other`;
        moves.push({ unit: unit.name, from: giver.id, to: taker.id, reason });
        counts.set(giver.id, count(giver) - 1).set(taker.id, count(taker) + 1);
        busy.add(taker.id);
        groups.add(unit.group);
      }
      if (takers.every(({ id }) => busy.has(id))) break;
    }
  };
  const total = givers.reduce((sum, one) => sum + count(one), 0);
  const share = Math.floor(total / givers.length);
  // The fullest keep the one more that some have to have. By way of a machine in the middle a unit would move twice.
  const targets = new Map(
    givers.map(({ id }, index) => [id, share + (index < total % givers.length ? 1 : 0)]),
  );
  const target = ({ id }: MachineLoad) => targets.get(id) ?? share;
  collect(target, target);
  // Units that may not move keep that from being reached; the others can be evened out all the same.
  if (moves.length === 0 && moving.size === 0)
    collect(
      () => 0,
      () => Number.POSITIVE_INFINITY,
    );
  return moves;
}

function movable(board: Board, machine: MachineLoad): readonly PlannedUnit[] {
  return [...machine.units.values()]
    .filter((unit) => unit !== undefined)
    .filter(
      ({ name, options, replaces }) =>
        !options.isGlobal &&
        replaces.length === 0 &&
        board.followers(name).size === 0 &&
        board.table.states.get(name)?.get(machine.id)?.isDone !== true &&
        board.table.jobs.get(name)?.target === machine.id,
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function isWelcome(board: Board, unit: PlannedUnit, giver: MachineLoad, taker: MachineLoad): boolean {
  if (findMisfit(board, unit, taker) !== undefined) return false;
  const penalty = penaltyOf(board, unit);
  return penalty(taker) <= penalty(giver);
}

/** All the moves that a rebalance comes to, as if each were done at once. Changes the board. */
export function previewMoves(board: Board): readonly Move[] {
  const all: Move[] = [];
  for (;;) {
    const moves = nextMoves(board, new Map());
    if (moves.length === 0) return all;
    all.push(...moves);
    for (const move of moves) for (const write of writesOf(board, move)) board.decide(write);
  }
}

function writesOf(board: Board, { unit, from, to }: Move): readonly UnitWrite[] {
  const entry = board.table.schedule.get(from)?.get(unit);
  return [
    { kind: 'target', unit, machine: to },
    { kind: 'schedule', machine: to, unit, entry },
    { kind: 'schedule', machine: from, unit, entry: undefined },
  ];
}
