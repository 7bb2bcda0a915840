// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { ScheduleEntry, UnitJob, UnitTable } from '../../registry/index.js';
import { isSameService } from '../../units/index.js';
import type { PlannedUnit } from './board.js';
import type { PlanPass } from './plan-units.js';

/**
 * What a machine is to do with a unit that it has. A unit that runs takes another text when its turn comes: no more
 * than `UpdateParallel` of its group are being replaced at a time, and each must stay up for `UpdateHealthySec`. One
 * that fails puts all of the group back to the text they had.
 */
export function wantedEntry(
  pass: PlanPass,
  unit: PlannedUnit,
  job: UnitJob,
  entry: ScheduleEntry | undefined,
  machine?: MachineId,
): ScheduleEntry {
  const { board } = pass;
  const plain: ScheduleEntry = {
    hash: unit.hash,
    state: job.targetState === 'launched' ? 'launched' : 'loaded',
    restart: job.restart,
    ...(unit.options.isGlobal ? { isGlobal: true } : {}),
  };
  const bad = board.table.rollouts.get(unit.group);
  const isBad = bad !== undefined && bad.badHash === unit.hash;
  if (isBad) return { ...plain, hash: bad.goodHash };
  if (entry === undefined || machine === undefined || plain.state === 'loaded' || entry.state === 'loaded') {
    return plain;
  }
  if (entry.hash !== unit.hash) {
    return runsAlike(board.table, entry.hash, unit.hash)
      ? { ...plain, ...restOf(entry) }
      : replaceInTurn(pass, unit, entry, plain);
  }
  if (entry.previous === undefined) return plain;
  const kept = { ...plain, previous: entry.previous };
  if (entry.isProved) return isRolling(pass, unit) ? { ...kept, isProved: true } : plain;
  return prove(pass, unit, machine, entry.previous, kept);
}

/** Whether two texts differ in where the unit may run, and in nothing else: then there is nothing to restart. */
export function runsAlike({ texts }: UnitTable, one: string, other: string): boolean {
  const [before, after] = [texts.get(one), texts.get(other)];
  return before !== undefined && after !== undefined && isSameService(before, after);
}

function replaceInTurn(
  pass: PlanPass,
  unit: PlannedUnit,
  entry: ScheduleEntry,
  plain: ScheduleEntry,
): ScheduleEntry {
  const isUnproved = ({ previous, isProved }: ScheduleEntry) => previous !== undefined && !isProved;
  const isWhole = !isUnproved(entry);
  // One that a text before this one was being tried on is down already, maybe: it waits for none but those of this text.
  const ahead = entriesOf(pass, unit).filter(
    (other) => other !== entry && isUnproved(other) && (isWhole || other.hash === unit.hash),
  );
  if (ahead.length >= unit.options.updateParallel) return { ...plain, hash: entry.hash, ...restOf(entry) };
  const good = isWhole ? entry.hash : entry.previous;
  return good === undefined || good === unit.hash ? plain : { ...plain, previous: good };
}

function restOf({ previous, isProved }: ScheduleEntry) {
  return { ...(previous === undefined ? {} : { previous }), ...(isProved === undefined ? {} : { isProved }) };
}

/** Whether others of the group are still to be replaced. */
function isRolling(pass: PlanPass, unit: PlannedUnit): boolean {
  return entriesOf(pass, unit).some(
    ({ hash, previous, isProved }) => hash !== unit.hash || (previous !== undefined && !isProved),
  );
}

function entriesOf({ board }: PlanPass, unit: PlannedUnit): readonly ScheduleEntry[] {
  return [...board.members(unit.group)].flatMap((name) =>
    [...board.holders(name)].flatMap((id) => board.table.schedule.get(id)?.get(name) ?? []),
  );
}

function prove(
  pass: PlanPass,
  unit: PlannedUnit,
  machine: MachineId,
  previous: string,
  entry: ScheduleEntry,
): ScheduleEntry {
  const { board, memory, now } = pass;
  const { updateHealthyMs, updateTimeoutMs } = unit.options;
  const state = board.table.states.get(unit.name)?.get(machine);
  const isOwn = state?.hash === unit.hash;
  const isUp = isOwn && (state.active === 'active' || state.isDone === true);
  const begun = since(pass, `${unit.name} ${machine} ${unit.hash} begun`);
  const upKey = `${unit.name} ${machine} ${unit.hash} up`;
  if (!isUp) memory.watched.delete(upKey);
  if (isUp && (state.isDone === true || now - since(pass, upKey) >= updateHealthyMs)) {
    memory.watched.delete(upKey);
    memory.watched.delete(`${unit.name} ${machine} ${unit.hash} begun`);
    for (const name of board.members(unit.group)) board.touch(name);
    return { ...entry, isProved: true };
  }
  const isFailed = isOwn && state.active === 'failed';
  if (isFailed || (!isUp && now - begun >= updateTimeoutMs)) {
    const why = isFailed ? (state.reason ?? 'it failed') : `it was not up after ${updateTimeoutMs / 1000} s`;
    const record = { badHash: unit.hash, goodHash: previous, reason: `${unit.name}: ${why}`, at: now };
    const reason = `with its new text: ${why}; its group stays with the one before`;
    memory.watched.delete(`${unit.name} ${machine} ${unit.hash} begun`);
    pass.decide({ kind: 'rolled-back', unit: unit.name, machine, reason }, [
      { kind: 'rollout', group: unit.group, record },
    ]);
    const { previous: _previous, isProved: _isProved, ...plain } = entry;
    return { ...plain, hash: previous };
  }
  const at = isUp ? since(pass, upKey) + updateHealthyMs : begun + updateTimeoutMs;
  memory.timed.set(unit.name, Math.min(at, memory.timed.get(unit.name) ?? at));
  return entry;
}

function since({ memory, now }: PlanPass, key: string): number {
  const known = memory.watched.get(key);
  if (known === undefined) memory.watched.set(key, now);
  return known ?? now;
}
