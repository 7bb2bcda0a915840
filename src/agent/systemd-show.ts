// SPDX-License-Identifier: Apache-2.0

import type { UnitStatus } from './supervisor.js';

/** As `systemctl list-units --output=json` has it. */
export interface FailedUnit {
  readonly unit: string;
}

const properties = [
  'LoadState',
  'LoadError',
  'ActiveState',
  'SubState',
  'Type',
  'Result',
  'MainPID',
  'ExecMainCode',
  'ExecMainStatus',
  'ExecMainExitTimestampMonotonic',
  'ConditionResult',
  'ConditionTimestampMonotonic',
];

/** What `systemctl` is told for `parseShown` to read its answer; `--` and the units follow. */
export const showWords: readonly string[] = ['show', '--no-pager', `--property=${properties.join(',')}`];

/** Reads what `systemctl show` prints of several units: a block for each, in the order in which they were named. */
export function parseShown(units: readonly string[], text: string): readonly UnitStatus[] {
  const blocks = text.split(/\n\n+/);
  return units.map((unit, index) => parseShow(unit, blocks[index] ?? ''));
}

/**
 * Reads what `systemctl show` prints of one unit.
 *
 * Source: systemd v252 and v257, org.freedesktop.systemd1(5).
 */
export function parseShow(name: string, text: string): UnitStatus {
  const found = new Map(
    text.split('\n').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  );
  const of = (property: string) => found.get(property) ?? '';
  const load = loadStates.get(of('LoadState')) ?? 'error';
  const active = activeStates.get(of('ActiveState')) ?? 'inactive';
  const pid = Number(of('MainPID'));
  const reason = load === 'error' ? readLoadError(of('LoadError')) : readResult(of);
  return {
    name,
    load,
    active,
    sub: of('SubState'),
    ...(pid > 0 ? { pid } : {}),
    ...(isDone(of) ? { isDone: true } : {}),
    ...(reason === '' ? {} : { reason }),
  };
}

type Properties = (property: string) => string;

function isDone(of: Properties): boolean {
  if (of('ActiveState') !== 'inactive') return false;
  const hasBeen = (time: string) => Number(of(time)) > 0;
  if (of('ConditionResult') === 'no' && hasBeen('ConditionTimestampMonotonic')) return true;
  const hasRun = of('Type') === 'oneshot' && hasBeen('ExecMainExitTimestampMonotonic');
  return hasRun && of('Result') === 'success';
}

/** `org.freedesktop.systemd1.BadUnitSetting "Unit x.service has a bad unit file setting."`: the words in quotes. */
function readLoadError(text: string): string {
  return /"(.+)"/.exec(text)?.[1] ?? text.trim();
}

/** In the words that muster's own supervisor has for the same. */
function readResult(of: Properties): string {
  const result = of('Result');
  const status = of('ExecMainStatus');
  switch (result) {
    case '':
    case 'success':
      return '';
    case 'exit-code':
      // When it was another of its commands that failed, systemd says nothing of the code.
      return status === '' || status === '0' ? 'a command of it failed' : `exited with code ${status}`;
    case 'signal':
    case 'core-dump':
      return status === '' || status === '0' ? 'ended by a signal' : `ended by signal ${status}`;
    case 'timeout':
      return 'it took too long';
    case 'start-limit-hit':
      return 'started too often';
    default:
      return result;
  }
}

const loadStates: ReadonlyMap<string, UnitStatus['load']> = new Map([
  ['loaded', 'loaded'],
  ['not-found', 'not-found'],
  ['masked', 'masked'],
]);

const activeStates: ReadonlyMap<string, UnitStatus['active']> = new Map([
  ['active', 'active'],
  ['reloading', 'active'],
  ['refreshing', 'active'],
  ['activating', 'activating'],
  ['deactivating', 'deactivating'],
  ['failed', 'failed'],
]);
