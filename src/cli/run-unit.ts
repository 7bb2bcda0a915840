// SPDX-License-Identifier: Apache-2.0

import { isMusterError, type MemberReport } from '../model/index.js';
import { builtinUnits } from './builtin-units.js';
import type { ExitCode } from './command.js';
import { fail } from './errors.js';
import { openLog } from './log.js';
import { notifySystemd } from './systemd-notify.js';
import { removeUnitReport, writeUnitReport } from './unit-reports.js';

/** Source: sysexits.h, EX_CONFIG. The unit file says that it is no reason to try again. */
export const hopelessCode = 78;

/**
 * Runs one of muster's own units as the main process of that unit on a real machine: its environment is the unit's, what
 * it prints goes to the journal, and it is active once it says so.
 */
export async function runUnit(unit: string, commandLine: string, signal: AbortSignal): Promise<ExitCode> {
  const log = openLog(unit);
  const run = builtinUnits(commandLine, '/', log).get(unit);
  if (run === undefined) {
    throw fail('cli/usage', { problem: `"${unit}" is no unit of muster`, hint: 'start it with systemctl' });
  }
  const telling = openTelling(unit, (error) => log.warn('a report was lost', { reason: String(error) }));
  try {
    await run(
      {
        environment: unitEnvironment(),
        onReady: () => void notifySystemd('READY=1', log),
        tell: (report) => telling.tell(report),
      },
      signal,
    );
    return 0;
  } catch (error) {
    if (!isMusterError(error, 'bootstrap/etcd-missing') && !isMusterError(error, 'bootstrap/etcd-unfit'))
      throw error;
    log.error(error.message, { code: error.code });
    return hopelessCode;
  } finally {
    await telling.idle();
    if (signal.aborted) await removeUnitReport(unit);
  }
}

/** Writes one report after the other, and of those that came meanwhile the newest. */
function openTelling(unit: string, onError: (error: unknown) => void) {
  let next: MemberReport | undefined;
  let running: Promise<void> | undefined;
  const writeAll = async () => {
    while (next !== undefined) {
      const report = next;
      next = undefined;
      await writeUnitReport(unit, report).catch(onError);
    }
    running = undefined;
  };
  return {
    tell(report: MemberReport) {
      next = report;
      running ??= writeAll();
    },
    idle: async () => running,
  };
}

/** But for what is said to the main process alone: etcd would tell systemd by itself that it is ready. */
function unitEnvironment(): Readonly<Record<string, string>> {
  const { NOTIFY_SOCKET: _ours, ...rest } = process.env;
  return Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
