// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, Files, Log } from '../effects/index.js';
import type { MemberReport } from '../model/index.js';
import { openChangeCounter } from './change-counter.js';
import { messageOf } from './errors.js';
import type { Supervisor, UnitStatus } from './supervisor.js';
import { openSystemdUnits } from './systemd-units.js';

/** What a unit of muster's own tells of the store's member that it runs. */
export interface UnitReport {
  readonly unit: string;
  /** Of the process that told it: what an earlier one left counts for nothing. */
  readonly pid: number;
  readonly member: MemberReport;
}

export interface SystemdSupervisorDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
  readonly log: Log;
  readonly reports: {
    read(): Promise<readonly UnitReport[]>;
    /** Each time when one may have changed, until `signal` fires. */
    changes(signal: AbortSignal): AsyncIterable<unknown>;
  };
}

/** A burst of words makes one look. */
const burstMs = 100;
/** A slow machine at its start says something all the time: looking may take a third of its time, not all of it. */
const restPerLook = 2;
/** What happened unseen is seen then. */
const lookAgainMs = 30_000;
const journalPauseMs = 2_000;

/**
 * The units of a machine on which systemd is the first process. They are not the agent's: they go on when it ends, and
 * the next agent finds them as they are. Changes are known by what systemd writes to the journal, which it does for each
 * start, stop and failure, and nobody has to subscribe on a bus for it.
 *
 * Cost: one `journalctl` that waits, and two short `systemctl` after each burst of changes.
 */
export function openSystemdSupervisor(deps: SystemdSupervisorDeps): Supervisor {
  const { clock, exec, log } = deps;
  const units = openSystemdUnits(deps, '/');
  const asked = new Set<string>();
  const stirs = openChangeCounter();
  const changes = openChangeCounter();
  const closed = new AbortController();
  let told = '';

  const look = async (): Promise<readonly UnitStatus[]> => {
    const [reports, failed] = await Promise.all([deps.reports.read(), units.failed()]);
    const names = new Set([...asked, ...reports.map(({ unit }) => unit), ...failed]);
    const found = await units.statuses([...names].toSorted());
    return found.filter(({ load }) => load !== 'not-found').map((one) => withMember(one, reports));
  };

  const followUnits = async () => {
    let last = new Map<string, string>();
    let tookMs = 0;
    for (let seen = -1; ; ) {
      seen = await stirs.changed(seen, closed.signal);
      await clock.sleep(Math.max(burstMs, restPerLook * tookMs), closed.signal);
      if (closed.signal.aborted) return;
      const began = clock.monotonic();
      try {
        const found = await look();
        last = tellChanges(log, last, found);
        const text = JSON.stringify(found);
        if (text !== told) changes.step();
        told = text;
      } catch (error) {
        log.warn('cannot look at the units', { reason: messageOf(error) });
      }
      tookMs = clock.monotonic() - began;
    }
  };

  const followJournal = async () => {
    while (!closed.signal.aborted) {
      await readJournal(exec, () => stirs.step(), closed.signal).catch((error: unknown) =>
        log.debug('the journal cannot be followed', { reason: messageOf(error) }),
      );
      stirs.step();
      await clock.sleep(journalPauseMs, closed.signal);
    }
  };

  const followReports = async () => {
    for await (const _change of deps.reports.changes(closed.signal)) stirs.step();
  };

  const lookNowAndThen = async () => {
    while (!closed.signal.aborted) {
      await clock.sleep(lookAgainMs, closed.signal);
      stirs.step();
    }
  };

  const following = Promise.all([followUnits(), followJournal(), followReports(), lookNowAndThen()]);
  following.catch((error: unknown) => log.error('units are not followed', { reason: messageOf(error) }));

  return {
    reload: () => units.reload(),
    enable: (unit, options) => units.enable(unit, options),
    isEnabled: (unit, options) => units.isEnabled(unit, options),
    async command(unit, command) {
      asked.add(unit);
      try {
        return await units.command(unit, command);
      } finally {
        stirs.step();
      }
    },
    resetFailed: (unit) => units.resetFailed(unit),
    async status(unit) {
      asked.add(unit);
      const [found, reports] = await Promise.all([units.status(unit), deps.reports.read()]);
      return withMember(found, reports);
    },
    async statuses(names) {
      for (const name of names) asked.add(name);
      const [found, reports] = await Promise.all([units.statuses(names), deps.reports.read()]);
      return found.map((one) => withMember(one, reports));
    },
    list: look,
    changed: (seen, signal) => changes.changed(seen, signal),
    isGoingDown: () => units.isStopping(),
    async stopAll() {
      closed.abort();
      await following.catch(() => {});
    },
  };
}

function withMember(status: UnitStatus, reports: readonly UnitReport[]): UnitStatus {
  const report = reports.find(({ unit, pid }) => unit === status.name && pid === status.pid);
  return report === undefined ? status : { ...status, member: report.member };
}

function tellChanges(
  log: Log,
  before: ReadonlyMap<string, string>,
  units: readonly UnitStatus[],
): Map<string, string> {
  const after = new Map<string, string>();
  for (const { name: unit, active, sub, reason } of units) {
    const text = `${active} ${sub} ${reason ?? ''}`;
    after.set(unit, text);
    if (before.get(unit) === text) continue;
    log[reason === undefined ? 'info' : 'warn']('unit changed', { unit, active, sub, reason });
  }
  return after;
}

/** Calls `onLine` once it listens, and for each thing that systemd says from then on. Resolves when the journal ends, or `signal` fires. */
async function readJournal(exec: Exec, onLine: () => void, signal: AbortSignal): Promise<void> {
  const words = ['--follow', '--lines=1', '--quiet', '--output=cat', '_PID=1'];
  const journal = await exec.spawn('journalctl', words, { env: { PATH: '/usr/bin:/bin' }, onLine });
  const end = () => journal.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  await journal.exited;
  signal.removeEventListener('abort', end);
}
