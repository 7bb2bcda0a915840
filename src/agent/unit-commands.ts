// SPDX-License-Identifier: Apache-2.0

import type { UnitCommand } from '../cloudconfig/index.js';
import type { Files, Log } from '../effects/index.js';
import { findUnmet } from './conditions.js';
import { fail, messageOf } from './errors.js';
import { planStarts } from './start-order.js';
import type { Change } from './supervisor.js';
import { renderDefinition, runnable, type UnitDefinition } from './unit-definition.js';
import { findUnitName, unitName } from './unit-name.js';
import type { RunnableUnit, UnitTable } from './unit-table.js';

/** What commands work on. */
export interface CommandScope {
  readonly files: Files;
  readonly log: Log;
  readonly root: string;
  readonly table: UnitTable;
  readonly define: (unit: string) => Promise<UnitDefinition>;
}

/** Does what systemctl does for the command, with the units that it means along with it. */
export async function performCommand(
  scope: CommandScope,
  unit: string,
  command: UnitCommand,
): Promise<Change> {
  const { table } = scope;
  const target = await enter(scope, unit);
  const isActive = table.isActive(target);
  switch (command) {
    case 'start':
      return start(scope, target);
    case 'stop':
      return stop(scope, target);
    case 'restart':
      return restart(scope, target);
    case 'try-restart':
      return isActive ? restart(scope, target) : 'unchanged';
    case 'reload':
      return table.reload(target);
    case 'reload-or-restart':
      return table.canReload(target) ? table.reload(target) : restart(scope, target);
    case 'reload-or-try-restart':
      if (!isActive) return 'unchanged';
      return table.canReload(target) ? table.reload(target) : restart(scope, target);
    default:
      return command satisfies never;
  }
}

/** The unit as it is known, or read now for the first time; throws when it cannot be run. */
async function enter(scope: CommandScope, unit: string): Promise<RunnableUnit> {
  const known = scope.table.find(unitName(unit).full);
  if (known !== undefined) return known;
  const definition = await scope.define(unit);
  if (definition.kind === 'bad' || definition.kind === 'masked')
    scope.table.note(renderDefinition(definition));
  return scope.table.enter(runnable(unit, definition));
}

/** Starts a unit after what it requires and wants, as far as that is there. */
async function start(scope: CommandScope, unit: RunnableUnit): Promise<Change> {
  if (scope.table.isActive(unit)) return 'unchanged';
  const units = await closureOf(scope, unit);
  const waits = planStarts(units.map(({ name, definition }) => ({ name: name.full, ...definition.links })));
  const started = new Map<string, Promise<Change>>();
  const startOne = (one: RunnableUnit): Promise<Change> => {
    const known = started.get(one.name.full);
    if (known !== undefined) return known;
    const before = (waits.get(one.name.full) ?? []).flatMap((name) => {
      const other = units.find((candidate) => candidate.name.full === name);
      return other === undefined ? [] : [other];
    });
    const done = afterAll(one, before, startOne).then(() => startAlone(scope, one));
    started.set(one.name.full, done);
    return done;
  };
  const others = units.filter((other) => other !== unit).map((other) => ({ other, done: startOne(other) }));
  const own = startOne(unit);
  const settled = await Promise.allSettled(others.map(({ done }) => done));
  for (const [index, result] of settled.entries()) {
    const name = others[index]?.other.name.full ?? '';
    if (result.status === 'rejected') {
      scope.log.warn('a unit that another one asks for did not start', {
        unit: name,
        wantedBy: unit.name.full,
        reason: messageOf(result.reason),
      });
    }
  }
  return own;
}

async function afterAll(
  unit: RunnableUnit,
  before: readonly RunnableUnit[],
  startOne: (unit: RunnableUnit) => Promise<Change>,
): Promise<void> {
  const results = await Promise.allSettled(before.map(startOne));
  for (const [index, result] of results.entries()) {
    const name = before[index]?.name.full ?? '';
    if (result.status === 'fulfilled' || !unit.definition.links.requires.includes(name)) continue;
    const reason = `it requires "${name}": ${messageOf(result.reason)}`;
    throw fail('agent/unit-failed', { command: 'start', unit: unit.name.full, reason }, result.reason);
  }
}

async function startAlone(scope: CommandScope, unit: RunnableUnit): Promise<Change> {
  const { table, files, root } = scope;
  const { definition } = unit;
  for (const other of table.units()) {
    if (other !== unit && table.isActive(other) && isConflict(unit, other)) await stop(scope, other);
  }
  if (definition.kind === 'service') {
    const unmet = await findUnmet(files, root, definition.settings.conditions);
    if (unmet !== undefined) {
      const dead = { load: 'loaded', active: 'inactive', sub: 'dead' } as const;
      table.note({ name: unit.name.full, ...dead, reason: unmet, isDone: true });
      return 'unchanged';
    }
  }
  return table.start(unit);
}

function isConflict(a: RunnableUnit, b: RunnableUnit): boolean {
  return (
    a.definition.links.conflicts.includes(b.name.full) || b.definition.links.conflicts.includes(a.name.full)
  );
}

/** The unit and all that it asks for, directly or by others, each once; the unit itself comes last. */
async function closureOf(scope: CommandScope, unit: RunnableUnit): Promise<readonly RunnableUnit[]> {
  const found = new Map([[unit.name.full, unit]]);
  for (const { definition } of found.values()) {
    for (const name of [...definition.links.requires, ...definition.links.wants]) {
      const plain = findUnitName(name);
      if (plain === undefined || found.has(plain.full)) continue;
      try {
        const other = await enter(scope, plain.full);
        found.set(other.name.full, other);
      } catch (error) {
        scope.log.debug('a unit that another one asks for is passed over', {
          unit: plain.full,
          reason: messageOf(error),
        });
      }
    }
  }
  return [...found.values()].toReversed();
}

/** Stops a unit after those that cannot be without it. */
async function stop(scope: CommandScope, unit: RunnableUnit): Promise<Change> {
  for (const other of dependentsOf(scope.table, unit)) await scope.table.stop(other);
  return scope.table.stop(unit);
}

async function restart(scope: CommandScope, unit: RunnableUnit): Promise<Change> {
  const dependents = dependentsOf(scope.table, unit);
  await stop(scope, unit);
  await start(scope, unit);
  for (const other of dependents.toReversed()) await start(scope, other);
  return 'changed';
}

/** Active units that are stopped along with this one, those that depend on others first. */
function dependentsOf(table: UnitTable, unit: RunnableUnit): readonly RunnableUnit[] {
  const found = new Set([unit]);
  for (const one of found) {
    for (const other of table.units()) {
      if (table.isActive(other) && other.definition.links.stopsWith.includes(one.name.full)) found.add(other);
    }
  }
  found.delete(unit);
  return [...found].toReversed();
}
