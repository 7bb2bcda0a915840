// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, Files, Log } from '../effects/index.js';
import { isUnitLinked, linkUnit } from './enable-unit.js';
import type { BuiltinUnit } from './service.js';
import type { Change, Supervisor } from './supervisor.js';
import { type CommandScope, performCommand } from './unit-commands.js';
import { defineUnit, renderDefinition, runnable } from './unit-definition.js';
import { type UnitName, unitName } from './unit-name.js';
import type { NodeContext } from './unit-process.js';
import { openUnitTable } from './unit-table.js';

export interface LocalSupervisorDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
  readonly log: Log;
  /** By unit name; a unit file with `ExecStart=` takes the place of one. */
  readonly builtins: ReadonlyMap<string, BuiltinUnit>;
}

/**
 * Runs a node's units as processes of this one, with systemd's rules as far as they can be had without systemd:
 *
 * - `notify` and `dbus` services count as started once they run; a `forking` one is followed by its PID file or the
 *   mark in its environment, and how it ended is not known;
 * - what control groups do is done by process groups and that mark, so a process that clears its environment
 *   and leaves its group is lost sight of;
 * - processes are neither confined nor given another user: `User=`, sandboxing and resource settings are ignored,
 *   and paths in arguments are the host's, unless they begin with `$MUSTER_ROOT` or a folder specifier (`%t`, `%S`);
 * - only services and targets are run, and nothing is started because it is enabled.
 */
export function openLocalSupervisor(deps: LocalSupervisorDeps, context: NodeContext): Supervisor {
  const table = openUnitTable(deps, context);
  const definition = (name: UnitName) =>
    defineUnit(
      deps,
      {
        root: context.root,
        hasBuiltin: (unit) => deps.builtins.has(unit),
        facts: { ...context, folderPrefix: context.root === '/' ? '' : context.root },
      },
      name,
    );
  const scope: CommandScope = {
    files: deps.files,
    log: deps.log,
    root: context.root,
    table,
    define: (unit) => definition(unitName(unit)),
  };
  /** The unit, and those that are enabled along with it. */
  const installables = async (unit: string) => {
    const found = runnable(unit, await scope.define(unit));
    const others = found.install.also.filter((name) => name !== found.name.full);
    const definitions = await Promise.all(others.map((name) => scope.define(name)));
    return [found, ...definitions.flatMap((other) => ('install' in other ? [other] : []))];
  };
  const status = async (unit: string) => {
    const known = table.find(unitName(unit).full);
    if (known !== undefined) return table.status(known);
    return renderDefinition(await scope.define(unit));
  };
  return {
    async reload() {
      let change: Change = 'unchanged';
      for (const known of table.units()) {
        const next = await definition(known.name);
        if (table.configure(known, next)) change = 'changed';
      }
      return change;
    },
    async enable(unit, options) {
      const units = await installables(unit);
      const changes = await Promise.all(units.map((one) => linkUnit(deps.files, context.root, one, options)));
      return changes.includes('changed') ? 'changed' : 'unchanged';
    },
    async isEnabled(unit, options) {
      const units = await installables(unit);
      const found = await Promise.all(
        units.map((one) => isUnitLinked(deps.files, context.root, one, options)),
      );
      return !found.includes(false);
    },
    async command(unit, command) {
      return performCommand(scope, unit, command);
    },
    async resetFailed(unit) {
      const known = table.find(unitName(unit).full);
      if (known !== undefined) table.resetFailed(known);
    },
    status,
    statuses: (units) => Promise.all(units.map(status)),
    list: async () => table.statuses(),
    changed: (seen, signal) => table.changed(seen, signal),
    isGoingDown: async () => true,
    async stopAll() {
      table.close();
      for (const unit of table.byStart().toReversed()) await table.stop(unit);
      await table.sweep();
    },
  };
}
