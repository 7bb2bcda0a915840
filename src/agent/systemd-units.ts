// SPDX-License-Identifier: Apache-2.0

import type { Exec } from '../effects/index.js';
import { fail } from './errors.js';
import type { UnitControl, UnitStatus } from './supervisor.js';

/**
 * Units of a machine that systemd runs, by way of `systemctl`; with a root other than `/`, of a system that does not
 * run: only enabling works there.
 *
 * Source of `--force`: coreos-cloudinit f1f0405, system/systemd.go, where links of others are replaced too.
 */
export function openSystemdUnits(exec: Exec, root: string): UnitControl {
  const place = root === '/' ? [] : [`--root=${root}`];
  const systemctl = async (unit: string, command: string, words: readonly string[]) => {
    const result = await exec.run('systemctl', [...place, ...words]);
    if (result.code !== 0) {
      const reason = result.stderr.trim() || `systemctl ended with ${result.code}`;
      throw fail('agent/systemd-refused', { command, unit, reason });
    }
    return result.stdout;
  };
  return {
    async reload() {
      await systemctl('', 'daemon-reload', ['daemon-reload']);
      return 'changed';
    },
    async enable(unit, { isRuntime }) {
      const runtime = isRuntime ? ['--runtime'] : [];
      await systemctl(unit, 'enable', ['enable', '--force', ...runtime, '--', unit]);
      return 'changed';
    },
    async isEnabled(unit, { isRuntime }) {
      const { stdout } = await exec.run('systemctl', [...place, 'is-enabled', '--', unit]);
      // What is "static" has no [Install] section: there is nothing that enabling could do.
      const good = ['enabled', 'static', 'alias', 'generated', ...(isRuntime ? ['enabled-runtime'] : [])];
      return good.includes(stdout.trim());
    },
    async command(unit, command) {
      await systemctl(unit, command, [command, '--', unit]);
      return 'changed';
    },
    async status(unit) {
      const names = `--property=${properties.join(',')}`;
      return parseShow(unit, await systemctl(unit, 'show', ['show', names, '--', unit]));
    },
  };
}

const properties = [
  'LoadState',
  'ActiveState',
  'SubState',
  'Type',
  'Result',
  'ExecMainExitTimestampMonotonic',
  'ConditionResult',
  'ConditionTimestampMonotonic',
];

/**
 * Reads what `systemctl show` prints.
 *
 * Source: systemd v252, org.freedesktop.systemd1(5).
 */
export function parseShow(name: string, text: string): UnitStatus {
  const found = new Map(
    text.split('\n').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  );
  const of = (property: string) => found.get(property) ?? '';
  const result = of('Result');
  return {
    name,
    load: loadStates.get(of('LoadState')) ?? 'error',
    active: activeStates.get(of('ActiveState')) ?? 'inactive',
    sub: of('SubState'),
    ...(isDone(of) ? { isDone: true } : {}),
    ...(result === '' || result === 'success' ? {} : { reason: result }),
  };
}

function isDone(of: (property: string) => string): boolean {
  if (of('ActiveState') !== 'inactive') return false;
  const hasBeen = (time: string) => Number(of(time)) > 0;
  if (of('ConditionResult') === 'no' && hasBeen('ConditionTimestampMonotonic')) return true;
  const hasRun = of('Type') === 'oneshot' && hasBeen('ExecMainExitTimestampMonotonic');
  return hasRun && of('Result') === 'success';
}

const loadStates: ReadonlyMap<string, UnitStatus['load']> = new Map([
  ['loaded', 'loaded'],
  ['not-found', 'not-found'],
  ['masked', 'masked'],
]);

const activeStates: ReadonlyMap<string, UnitStatus['active']> = new Map([
  ['active', 'active'],
  ['reloading', 'active'],
  ['activating', 'activating'],
  ['deactivating', 'deactivating'],
  ['failed', 'failed'],
]);
