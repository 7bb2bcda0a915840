// SPDX-License-Identifier: Apache-2.0

import { quoteValue } from '../../spec/index.js';
import { parseUnitFile } from '../../units/index.js';
import type { Action } from '../action.js';
import { isNetworkUnit } from '../node-path.js';
import { changed, type IgnitionVariant, ignitionVariants, type Piece } from './piece.js';
import type { IgnitionUnit } from './schema.js';
import { isInstalled, shippedName } from './shipped-units.js';

/** What is known of the units of a config when its commands are looked at. */
export interface KnownUnits {
  /** Those with a file of their own, and what is in it. */
  readonly contents: ReadonlyMap<string, string>;
  readonly masked: ReadonlySet<string>;
  /** Those that the config itself has a file or a mask for: they keep their name. */
  readonly defined: ReadonlySet<string>;
  /** Those that a command is given to. */
  readonly started: ReadonlySet<string>;
  readonly variant: IgnitionVariant;
}

type CommandUnit = Extract<Action, { readonly kind: 'command-unit' }>;

/** Targets that every boot reaches. */
const reached = [
  'multi-user.target',
  'default.target',
  'basic.target',
  'sockets.target',
  'timers.target',
  'paths.target',
];

/**
 * What a command comes to. Ignition knows none: it writes everything before anything starts, so that to start and to
 * restart are the same, and to reload is needless.
 */
export function commandPieces(action: CommandUnit, units: KnownUnits): readonly Piece[] {
  if (units.masked.has(action.unit) || isNetworkUnit(action.unit) || action.reason === '') return [];
  switch (action.command) {
    case 'start':
    case 'restart':
    case 'reload-or-restart':
      return startPieces(action, units);
    case 'stop':
      return stopPieces(action);
    case 'reload':
    case 'try-restart':
    case 'reload-or-try-restart': {
      const message = `Ignition knows no command: ${quoteValue(action.command)} is left out`;
      return [changed(action, message, 'it is not needed: everything is written before the unit starts')];
    }
  }
}

function startPieces(action: CommandUnit, { contents, defined, variant }: KnownUnits): readonly Piece[] {
  const { name, note, hint } = shippedName(action.unit, defined, variant);
  const renamed = note === '' ? [] : [changed(action, note, hint)];
  const text = contents.get(name);
  const isStarted = text === undefined ? isInstalled(name, variant) : isInstalledInto(text);
  if (isStarted) return [{ kind: 'unit', unit: { name, enabled: true } }, ...renamed];
  if (name === 'systemd-networkd.service') return [];
  if (note !== '' && name === action.unit) return [{ kind: 'start', unit: name }, ...renamed];
  const message = `Ignition knows no command, and ${quoteValue(name)} cannot be enabled`;
  return [
    { kind: 'start', unit: name },
    ...renamed,
    changed(action, message, 'multi-user.target starts it at each boot, by a drop-in'),
  ];
}

function isInstalledInto(text: string): boolean {
  const install = parseUnitFile(text).unit.sections.find(({ name }) => name === 'Install');
  const targets = (install?.entries ?? [])
    .filter(({ key }) => key === 'WantedBy' || key === 'RequiredBy')
    .flatMap(({ value }) => value.split(/\s+/));
  return targets.some((target) => reached.includes(target));
}

const stopPrefix = 'muster-stop-';

function stopPieces(action: CommandUnit): readonly Piece[] {
  const name = `${stopPrefix}${action.unit.replace(/\.service$/, '').replaceAll('.', '-')}.service`;
  const contents = [
    '[Unit]',
    `Description=Stop ${action.unit} once it is up`,
    `After=${action.unit}`,
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    // systemd undoes escapes in commands, and names of units hold some: `\x2d` is a dash.
    `ExecStart=/usr/bin/systemctl stop ${action.unit.replaceAll('\\', '\\\\')}`,
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
  return [
    { kind: 'unit', unit: { name, enabled: true, contents } },
    changed(
      action,
      'Ignition knows no command',
      `${name} stops it at each boot; mask the unit if it is never to start`,
    ),
  ];
}

/** The unit that a unit of `stop` stops; `undefined` for any other one. */
export function stopUnitOf({ name, contents = '' }: IgnitionUnit): string | undefined {
  return name.startsWith(stopPrefix)
    ? /^ExecStart=\/usr\/bin\/systemctl stop (\S+)$/m.exec(contents)?.[1]?.replaceAll('\\\\', '\\')
    : undefined;
}

/** Whether an enabled unit starts with every boot, so far as the config tells. */
export function isStartedWhenEnabled({ name, contents = '' }: IgnitionUnit): boolean {
  if (contents !== '') return isInstalledInto(contents);
  return ignitionVariants.some((variant) => isInstalled(name, variant));
}
