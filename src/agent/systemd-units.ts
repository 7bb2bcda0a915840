// SPDX-License-Identifier: Apache-2.0

import type { UnitCommand } from '../cloudconfig/index.js';
import type { Exec, Files } from '../effects/index.js';
import { fail } from './errors.js';
import type { UnitControl, UnitStatus } from './supervisor.js';
import { type FailedUnit, parseShow, parseShown, showWords } from './systemd-show.js';

/** What systemd says of several units at once. */
export interface SystemdLook {
  /** In the order of the names; those that are not found are among them. */
  statuses(units: readonly string[]): Promise<readonly UnitStatus[]>;
  /** Of every unit that is failed, whoever asked for it. */
  failed(): Promise<readonly string[]>;
  /** Whether the machine is going down or starting anew. */
  isStopping(): Promise<boolean>;
}

export interface SystemdUnitsDeps {
  readonly exec: Exec;
  readonly files: Files;
}

/**
 * An empty file for each unit whose start was carried out and left nothing running. systemd forgets all of a unit that
 * has ended, as soon as it has; these last for the boot.
 */
const doneFolder = '/run/muster/done';

/**
 * Units of a machine that systemd runs, by way of `systemctl`; with a root other than `/`, of a system that does not
 * run: only enabling works there.
 *
 * Source of `--force`: coreos-cloudinit f1f0405, system/systemd.go, where links of others are replaced too.
 */
export function openSystemdUnits({ exec, files }: SystemdUnitsDeps, root: string): UnitControl & SystemdLook {
  const place = root === '/' ? [] : [`--root=${root}`];
  const systemctl = async (unit: string, command: string, words: readonly string[]) => {
    const result = await exec.run('systemctl', [...place, ...words]);
    if (result.code !== 0) {
      const reason = result.stderr.trim() || `systemctl ended with ${result.code}`;
      throw fail('agent/systemd-refused', { command, unit, reason });
    }
    return result;
  };
  const show = async (units: readonly string[]) => {
    if (units.length === 0) return [];
    const { stdout } = await systemctl(units.join(' '), 'show', [...showWords, '--', ...units]);
    return Promise.all(parseShown(units, stdout).map(withDone));
  };
  const withDone = async (status: UnitStatus): Promise<UnitStatus> => {
    if (root !== '/' || status.active !== 'inactive' || status.isDone) return status;
    const isDone = (await files.stat(`${doneFolder}/${status.name}`)) !== undefined;
    return isDone ? { ...status, isDone } : status;
  };
  const noteEnd = async (unit: string, command: UnitCommand) => {
    const mark = `${doneFolder}/${unit}`;
    const isStart = command !== 'stop' && command !== 'reload';
    if (!isStart || (await statusOf(unit)).active !== 'inactive') return files.remove(mark);
    await files.makeFolder(doneFolder);
    await files.write(mark, '');
  };
  const statusOf = async (unit: string) => (await show([unit]))[0] ?? parseShow(unit, '');
  return {
    async reload() {
      await systemctl('', 'daemon-reload', ['daemon-reload']);
      return 'changed';
    },
    async enable(unit, { isRuntime }) {
      const runtime = isRuntime ? ['--runtime'] : [];
      const { stdout, stderr } = await systemctl(unit, 'enable', [
        'enable',
        '--force',
        ...runtime,
        '--',
        unit,
      ]);
      return /symlink/i.test(`${stdout}${stderr}`) ? 'changed' : 'unchanged';
    },
    async isEnabled(unit, { isRuntime }) {
      const { stdout } = await exec.run('systemctl', [...place, 'is-enabled', '--', unit]);
      // What is "static" has no [Install] section: there is nothing that enabling could do.
      const good = ['enabled', 'static', 'alias', 'generated', ...(isRuntime ? ['enabled-runtime'] : [])];
      return good.includes(stdout.trim());
    },
    async command(unit, command) {
      const before = await statusOf(unit);
      refuseUnloaded(before);
      if (isIdle(before, command)) return 'unchanged';
      if (command === 'reload' && before.active !== 'active') {
        throw fail('agent/unit-not-active', { unit, active: before.active });
      }
      const { code, stderr } = await exec.run('systemctl', [command, '--', unit]);
      if (code === 0) {
        await noteEnd(unit, command);
        return 'changed';
      }
      const { active, reason } = await statusOf(unit);
      const isFailed = active === 'failed' || active === 'activating';
      const why = (isFailed ? reason : undefined) ?? (stderr.trim() || `systemctl ended with ${code}`);
      throw fail('agent/unit-failed', { command, unit, reason: why });
    },
    async resetFailed(unit) {
      // It refuses only what it does not hold in memory, and of that there is nothing to forget.
      await exec.run('systemctl', [...place, 'reset-failed', '--', unit]);
    },
    status: statusOf,
    statuses: show,
    async failed() {
      const words = ['list-units', '--failed', '--all', '--full', '--no-pager', '--output=json'];
      const { stdout } = await systemctl('', 'list', words);
      const found: readonly FailedUnit[] = JSON.parse(stdout || '[]');
      return found.map(({ unit }) => unit);
    },
    async isStopping() {
      const { stdout } = await exec.run('systemctl', ['is-system-running']);
      return stdout.trim() === 'stopping';
    },
  };
}

function refuseUnloaded({ name: unit, load, reason = 'systemd does not say why' }: UnitStatus): void {
  if (load === 'not-found') throw fail('agent/unit-not-found', { unit });
  if (load === 'masked') throw fail('agent/unit-masked', { unit });
  if (load === 'error') throw fail('agent/unit-bad', { unit, reason });
}

/** Whether the command finds nothing to do. */
function isIdle({ active }: UnitStatus, command: UnitCommand): boolean {
  switch (command) {
    case 'start':
      return active === 'active';
    case 'stop':
      return active === 'inactive' || active === 'failed';
    case 'try-restart':
    case 'reload-or-try-restart':
      return active !== 'active';
    default:
      return false;
  }
}
