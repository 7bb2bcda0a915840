// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { ScheduleEntry, UnitJob, UnitWrite } from '../../registry/index.js';
import type { Board, MachineLoad, PlannedUnit } from './board.js';
import { chooseMachine } from './choose-machine.js';
import {
  type EvictionBrake,
  type EvictionOptions,
  evictionDefaults,
  openEvictionBrake,
} from './eviction-brake.js';
import { findMisfit, findRefusal, isOfOthers, isReplacing, renderMisfit } from './misfit.js';
import { nextMoves } from './plan-rebalance.js';
import { planReplicas } from './plan-replicas.js';
import { runsAlike, wantedEntry } from './wanted-entry.js';

/** One thing that was decided about a unit, and why. */
export interface UnitDecision {
  readonly kind: 'placed' | 'removed' | 'moved' | 'evicted' | 'replaced' | 'rolled-back' | 'changed';
  readonly unit: string;
  /** Where it is to run, or ran. */
  readonly machine: MachineId | undefined;
  readonly reason: string;
}

export interface UnitPlan {
  readonly decisions: readonly UnitDecision[];
  readonly writes: readonly UnitWrite[];
  /** When to plan again although nothing changed, milliseconds since 1970. */
  readonly wakeAt: number | undefined;
}

/** What the planner keeps from pass to pass; nothing in it must outlive the leader. */
export interface PlanMemory {
  readonly brake: EvictionBrake;
  /** Units that wait for a place. */
  readonly waiting: Set<string>;
  /** Units that are to be looked at again at a time. */
  readonly timed: Map<string, number>;
  /** Since when a unit is up, or being brought up, with the text it has: `UNIT MACHINE HASH`. */
  readonly watched: Map<string, number>;
  /** Units that a rebalance has on the way. */
  readonly moving: Map<string, { readonly to: MachineId; readonly since: number }>;
}

export function openPlanMemory(eviction: EvictionOptions = evictionDefaults): PlanMemory {
  return {
    brake: openEvictionBrake(eviction),
    waiting: new Set(),
    timed: new Map(),
    watched: new Map(),
    moving: new Map(),
  };
}

export interface PlanPass {
  readonly board: Board;
  readonly memory: PlanMemory;
  readonly now: number;
  decide(decision: UnitDecision, writes: readonly UnitWrite[]): void;
  /** As `decide`, for what is no decision about a unit. */
  write(made: readonly UnitWrite[]): void;
}

/**
 * Looks at every unit that something happened to, decides, and takes its decisions for done on the board, so that a
 * second pass decides nothing. Globals come first, then by name: what is decided depends on the board alone. Cost:
 * nothing for what did not change; a placement is one comparison a machine.
 */
export function planUnits(board: Board, memory: PlanMemory, now: number): UnitPlan {
  const decisions: UnitDecision[] = [];
  const writes: UnitWrite[] = [];
  const pass: PlanPass = {
    board,
    memory,
    now,
    decide(decision, made) {
      decisions.push(decision);
      pass.write(made);
    },
    write(made) {
      for (const write of made) {
        writes.push(write);
        board.decide(write);
      }
    },
  };
  memory.brake.look(board, now);
  for (const [name, at] of memory.timed) {
    if (at > now) continue;
    memory.timed.delete(name);
    board.touch(name);
  }
  for (let round = 0; round < mostRounds; round += 1) {
    if (board.takeFreed()) for (const name of memory.waiting) board.touch(name);
    const names = inOrder(board, board.takeDirty());
    if (names.length === 0 && !rebalance(pass)) break;
    for (const name of names) examine(pass, name);
  }
  const times = [...memory.timed.values()];
  const wakeAt = times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  return { decisions, writes, wakeAt };
}

/** A decision may touch units that others follow; a chain longer than this goes on in the next pass. */
const mostRounds = 10;

function inOrder(board: Board, names: readonly string[]): readonly string[] {
  const globals = board.globals();
  const isGlobal = (name: string) => globals.has(name);
  const sorted = names.toSorted();
  return globals.size === 0
    ? sorted
    : [...sorted.filter(isGlobal), ...sorted.filter((name) => !isGlobal(name))];
}

function examine(pass: PlanPass, name: string): void {
  const { board, memory } = pass;
  const job = board.table.jobs.get(name);
  memory.waiting.delete(name);
  memory.timed.delete(name);
  if (job?.object === undefined) return removeAll(pass, name, job, 'it was destroyed');
  if (planReplicas(pass, name, job)) return;
  const unit = board.unit(name);
  if (unit === undefined || unit.parts.instance === '') return;
  if (job.targetState === 'inactive') return removeAll(pass, name, job, 'its target state is inactive');
  if (unit.options.isGlobal) return examineGlobal(pass, unit, job);
  if (job.target === undefined) return place(pass, unit, job);
  keep(pass, unit, job, job.target);
}

/** Goes on with a rebalance that was asked for; true when it set something in motion. */
function rebalance(pass: PlanPass): boolean {
  const { board, memory, now } = pass;
  if (board.table.rebalance() === 0) {
    memory.moving.clear();
    return false;
  }
  for (const [name, { to, since }] of memory.moving) {
    if (isSettled(board, name, to)) memory.moving.delete(name);
    else if (now - since < settleMs) memory.timed.set(name, since + settleMs);
    else return giveUp(pass);
  }
  const moves = nextMoves(board, new Map([...memory.moving].map(([name, { to }]) => [name, to])));
  for (const { unit, from, to, reason } of moves) {
    memory.moving.set(unit, { to, since: now });
    leave(pass, unit, from, to, reason);
  }
  if (moves.length === 0 && memory.moving.size === 0) pass.write([{ kind: 'rebalanced' }]);
  return moves.length > 0;
}

/** What is on the way ends as it would by itself; the rest stays where it is. */
function giveUp({ board, memory, write }: PlanPass): boolean {
  for (const name of memory.moving.keys()) board.touch(name);
  memory.moving.clear();
  write([{ kind: 'rebalanced' }]);
  return true;
}

/** A unit that is not up by then ends the rebalance. */
const settleMs = 60_000;

/** Whether a move is over: it is up there, or has failed, or is not to go there any more. */
function isSettled(board: Board, name: string, to: MachineId): boolean {
  const job = board.table.jobs.get(name);
  if (job?.object === undefined || job.targetState === 'inactive') return true;
  if (board.machines.get(to)?.isPresent !== true) return true;
  if (job.target !== to || board.holders(name).size > 1) return false;
  const state = board.table.states.get(name)?.get(to);
  return (
    job.targetState === 'loaded' ||
    state?.active === 'active' ||
    state?.active === 'failed' ||
    !!state?.isDone
  );
}

/** Takes a unit from its machine for another one, as it wants that done. */
function leave(pass: PlanPass, name: string, from: MachineId, to: MachineId, reason: string): void {
  const { board } = pass;
  const job = board.table.jobs.get(name);
  const entry = board.table.schedule.get(from)?.get(name);
  const isStartFirst = board.unit(name)?.options.handover === 'start-first';
  if (!isStartFirst || job?.targetState !== 'launched' || entry === undefined) {
    unassign(pass, name, from, 'moved', reason);
    return;
  }
  const { previous: _previous, isProved: _isProved, ...plain } = entry;
  const before = `${reason}; it is started on ${board.machines.get(to)?.name ?? to} first`;
  pass.decide({ kind: 'moved', unit: name, machine: from, reason: before }, [schedule(to, name, plain)]);
}

function removeAll(pass: PlanPass, name: string, job: UnitJob | undefined, reason: string): void {
  const held = [...pass.board.holders(name)];
  if (held.length === 0 && job?.target === undefined) return;
  const writes: UnitWrite[] = held.map((machine) => schedule(machine, name, undefined));
  if (job?.target !== undefined) writes.push({ kind: 'target', unit: name, machine: undefined });
  pass.decide({ kind: 'removed', unit: name, machine: job?.target, reason }, writes);
}

function place(pass: PlanPass, unit: PlannedUnit, job: UnitJob): void {
  const { board, memory } = pass;
  const { name } = unit;
  const strays = [...board.holders(name)];
  if (strays.length > 0) {
    const writes = strays.map((machine) => schedule(machine, name, undefined));
    pass.decide({ kind: 'removed', unit: name, machine: strays[0], reason: 'it has no machine' }, writes);
  }
  memory.waiting.add(name);
  // One at a time: it is started nowhere before it is gone from where it was. A dead machine takes its word with it.
  if (stillOn(board, name) !== undefined) return;
  const wished = wishedMachine(pass, unit);
  const choice = wished ? { machine: wished, reason: 'evened out' } : chooseMachine(board, unit);
  if (choice === undefined) return;
  memory.waiting.delete(name);
  const { machine: found, reason } = choice;
  pass.decide({ kind: 'placed', unit: name, machine: found.id, reason }, [
    { kind: 'target', unit: name, machine: found.id },
    schedule(found.id, name, wantedEntry(pass, unit, job, undefined)),
  ]);
  for (const other of [...found.units.values()]) {
    if (other !== undefined && isReplacing(unit, other)) {
      unassign(pass, other.name, found.id, 'replaced', `${name} takes its place`);
    }
  }
}

/** Where a rebalance sends it, if it still fits there. */
function wishedMachine({ board, memory }: PlanPass, unit: PlannedUnit): MachineLoad | undefined {
  const wished = memory.moving.get(unit.name);
  const machine = wished && board.machines.get(wished.to);
  if (machine === undefined || findRefusal(machine) !== undefined) return undefined;
  return findMisfit(board, unit, machine) === undefined ? machine : undefined;
}

/** A machine that is there and says that it has the unit, although it is not to have it. */
export function stillOn(board: Board, name: string): MachineId | undefined {
  const held = board.holders(name);
  for (const id of board.table.states.get(name)?.keys() ?? []) {
    if (!held.has(id) && board.machines.get(id)?.isPresent) return id;
  }
  return undefined;
}

function unassign(
  pass: PlanPass,
  name: string,
  machine: MachineId,
  kind: UnitDecision['kind'],
  reason: string,
): void {
  pass.decide({ kind, unit: name, machine, reason }, [
    { kind: 'target', unit: name, machine: undefined },
    schedule(machine, name, undefined),
  ]);
}

function keep(pass: PlanPass, unit: PlannedUnit, job: UnitJob, target: MachineId): void {
  const { board, memory, now } = pass;
  const { name } = unit;
  const machine = board.machines.get(target);
  if (machine === undefined || !machine.isPresent) {
    const at = memory.brake.mayEvictAt(board, target, now);
    if (at > now) memory.timed.set(name, at);
    else unassign(pass, name, target, 'evicted', 'its machine is gone');
    return;
  }
  const misfit = findMisfit(board, unit, machine);
  if (misfit !== undefined) return unassign(pass, name, target, 'moved', renderMisfit(misfit));
  if (handOver(pass, unit, target)) return;
  const entry = board.table.schedule.get(target)?.get(name);
  const wanted = wantedEntry(pass, unit, job, entry, target);
  if (isSame(entry, wanted)) return;
  const reason = reasonOf(board, entry, wanted);
  pass.decide({ kind: 'changed', unit: name, machine: target, reason }, [schedule(target, name, wanted)]);
}

/** Takes a unit from a machine that is being drained, if there is another for it. True when that is under way. */
function handOver(pass: PlanPass, unit: PlannedUnit, target: MachineId): boolean {
  const { board, memory } = pass;
  const { name } = unit;
  const isDraining = board.machines.get(target)?.mark === 'drain';
  if (!isDraining && board.holders(name).size <= 1) return false;
  const others = [...board.holders(name)].filter((id) => id !== target);
  const [next] = others;
  const isLeaving = isDraining || memory.moving.get(name)?.to === next;
  if (next !== undefined) return finishHandOver(pass, unit, target, others, next, isLeaving);
  // One that has done its work would do it again elsewhere.
  if (!isDraining || board.table.states.get(name)?.get(target)?.isDone) return false;
  const found = chooseMachine(board, unit, target)?.machine;
  if (found === undefined) return false;
  leave(pass, name, target, found.id, 'its machine is being drained');
  return true;
}

function finishHandOver(
  pass: PlanPass,
  unit: PlannedUnit,
  target: MachineId,
  others: readonly MachineId[],
  next: MachineId,
  isLeaving: boolean,
): boolean {
  const { board } = pass;
  const { name } = unit;
  const there = board.machines.get(next);
  const isGood =
    there !== undefined && findMisfit(board, unit, there) === undefined && findRefusal(there) === undefined;
  const state = board.table.states.get(name)?.get(next);
  if (!isLeaving || !isGood || others.length > 1) {
    const reason = 'it is not to move there any more';
    const writes = others.map((machine) => schedule(machine, name, undefined));
    pass.decide({ kind: 'removed', unit: name, machine: next, reason }, writes);
    return true;
  }
  // One that fails there stays where it is: the operator sees both in the list.
  if (state?.active !== 'active' && state?.isDone !== true) return true;
  pass.decide({ kind: 'placed', unit: name, machine: next, reason: 'it is up on its new machine' }, [
    { kind: 'target', unit: name, machine: next },
    schedule(target, name, undefined),
  ]);
  return true;
}

/** One entry on each machine that fits, none elsewhere; a machine that is gone keeps its own until it may be evicted. */
function examineGlobal(pass: PlanPass, unit: PlannedUnit, job: UnitJob): void {
  const { board, memory, now } = pass;
  const { name } = unit;
  if (job.target !== undefined) {
    const reason = 'a global unit has no one machine';
    pass.decide({ kind: 'changed', unit: name, machine: job.target, reason }, [
      { kind: 'target', unit: name, machine: undefined },
    ]);
  }
  for (const id of [...board.holders(name)]) {
    const machine = board.machines.get(id);
    const misfit = machine === undefined ? ({ kind: 'gone' } as const) : findMisfit(board, unit, machine);
    if (misfit === undefined) continue;
    const at = misfit.kind === 'gone' ? memory.brake.mayForgetAt(id, now) : now;
    if (at > now) memory.timed.set(name, Math.min(at, memory.timed.get(name) ?? at));
    else {
      const decision = { kind: 'removed', unit: name, machine: id, reason: renderMisfit(misfit) } as const;
      pass.decide(decision, [schedule(id, name, undefined)]);
    }
  }
  for (const machine of board.present()) {
    const entry = board.table.schedule.get(machine.id)?.get(name);
    if (entry === undefined && findRefusal(machine) !== undefined) continue;
    const misfit = findMisfit(board, unit, machine);
    if (misfit !== undefined) {
      if (isOfOthers(misfit)) memory.waiting.add(name);
      continue;
    }
    const wanted = wantedEntry(pass, unit, job, entry, machine.id);
    if (isSame(entry, wanted)) continue;
    const kind = entry === undefined ? 'placed' : 'changed';
    const reason = entry === undefined ? 'it is global and fits' : reasonOf(board, entry, wanted);
    pass.decide({ kind, unit: name, machine: machine.id, reason }, [schedule(machine.id, name, wanted)]);
  }
}

export function schedule(machine: MachineId, unit: string, entry: ScheduleEntry | undefined): UnitWrite {
  return { kind: 'schedule', machine, unit, entry };
}

function isSame(one: ScheduleEntry | undefined, other: ScheduleEntry): boolean {
  return (
    one !== undefined &&
    one.hash === other.hash &&
    one.state === other.state &&
    one.restart === other.restart &&
    one.isGlobal === other.isGlobal &&
    one.previous === other.previous &&
    one.isProved === other.isProved
  );
}

function reasonOf({ table }: Board, before: ScheduleEntry | undefined, after: ScheduleEntry): string {
  if (before === undefined) return 'its machine had no order for it';
  if (before.hash !== after.hash) {
    return runsAlike(table, before.hash, after.hash)
      ? 'its [X-Fleet] has changed, nothing is restarted'
      : 'it has another text';
  }
  if (before.state !== after.state) return `its target state is ${after.state}`;
  if (before.restart !== after.restart) return 'a restart was asked for';
  return after.isProved ? 'it stayed up with its new text' : 'its replacement is done';
}
