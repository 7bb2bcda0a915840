// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';
import type { Action } from '../action.js';
import { assemble } from './assemble.js';
import { encodeFile } from './encode-file.js';
import { encodeUser } from './encode-user.js';
import { filePieces, findUnitPlace } from './file-pieces.js';
import { changed, type IgnitionVariant, lost, type Piece } from './piece.js';
import type { IgnitionConfig } from './schema.js';
import { shippedName } from './shipped-units.js';
import { commandPieces, type KnownUnits } from './unit-pieces.js';
import { variablePieces } from './variable-pieces.js';

export interface ToIgnition {
  readonly config: IgnitionConfig;
  /** What is there in another form is a warning, what is not there an error; paths are those of the cloud-config. */
  readonly problems: readonly DataProblem[];
}

/**
 * What applying a cloud-config does, as a config of Ignition: the same plan, carried out by Ignition before the
 * system starts instead of by an agent on it. Whatever has no equal is told.
 */
export function toIgnition(actions: readonly Action[], variant: IgnitionVariant): ToIgnition {
  const units = knownUnits(actions, variant);
  const pieces = actions.flatMap((action) => piecesOf(action, units));
  const told = pieces.flatMap((piece) => (piece.kind === 'told' ? [piece.problem] : []));
  return { config: assemble(pieces), problems: [...told, ...findOrder(actions)] };
}

function knownUnits(actions: readonly Action[], variant: IgnitionVariant): KnownUnits {
  const contents = new Map<string, string>();
  const masked = new Set<string>();
  for (const action of actions) {
    const place =
      action.kind === 'write-file' || action.kind === 'link' ? findUnitPlace(action.path) : undefined;
    if (place === undefined || place.dropIn !== '') continue;
    if (action.kind === 'write-file') contents.set(place.unit, action.content);
    else masked.add(place.unit);
  }
  const started = new Set(actions.flatMap((action) => (action.kind === 'command-unit' ? [action.unit] : [])));
  return { contents, masked, defined: new Set([...contents.keys(), ...masked]), started, variant };
}

function piecesOf(action: Action, units: KnownUnits): readonly Piece[] {
  switch (action.kind) {
    case 'set-hostname': {
      const text = { content: `${action.hostname}\n`, encoding: 'utf8', owner: '', mode: 0o644 } as const;
      return [{ kind: 'file', file: encodeFile({ path: '/etc/hostname', ...text }) }];
    }
    case 'ensure-user':
      return [{ kind: 'user', user: encodeUser(action.account) }];
    case 'import-keys':
      return [importedKeys(action)];
    case 'authorize-keys':
      return [{ kind: 'user', user: { name: action.user, sshAuthorizedKeys: [...action.keys] } }];
    case 'write-file':
      return filePieces(action, units.defined, units.variant);
    case 'set-variables':
      return variablePieces(action, units.variant);
    case 'link':
      return linkPieces(action);
    case 'enable-unit':
      return enablePieces(action, units);
    case 'command-unit':
      return commandPieces(action, units);
    case 'unmask':
    case 'reload-units':
      // Nothing is masked, and nothing is loaded yet, where Ignition runs.
      return [];
  }
}

function importedKeys(action: Extract<Action, { readonly kind: 'import-keys' }>): Piece {
  const message = `Ignition fetches no keys: those at ${quoteValue(action.url)} are left out`;
  return lost(action, message, 'write them below ssh_authorized_keys');
}

function linkPieces(action: Extract<Action, { readonly kind: 'link' }>): readonly Piece[] {
  const place = findUnitPlace(action.path);
  if (place === undefined || place.dropIn !== '' || action.target !== '/dev/null')
    return [lost(action, `the link ${quoteValue(action.path)} is left out`, 'write the file itself')];
  const masked: Piece = { kind: 'unit', unit: { name: place.unit, mask: true } };
  if (!place.isRuntime || !action.reason.startsWith('coreos.units')) return [masked];
  return [masked, changed(action, 'Ignition masks no unit for one boot only', 'it is masked for good')];
}

function enablePieces(
  action: Extract<Action, { readonly kind: 'enable-unit' }>,
  units: KnownUnits,
): readonly Piece[] {
  const { name, note, hint } = shippedName(action.unit, units.defined, units.variant);
  return [
    { kind: 'unit', unit: { name, enabled: true } },
    ...(note === '' ? [] : [changed(action, note, hint)]),
    ...(units.started.has(action.unit)
      ? []
      : [
          changed(
            action,
            'Ignition enables a unit before the first boot',
            'it starts with the first boot already',
          ),
        ]),
    ...(action.isRuntime
      ? [changed(action, 'Ignition enables no unit for one boot only', 'it is enabled for good')]
      : []),
  ];
}

/** Commands are carried out one after the other, where units start side by side. */
function findOrder(actions: readonly Action[]): readonly DataProblem[] {
  const started = actions.filter((action) => action.kind === 'command-unit' && action.command === 'start');
  if (started.length < 2) return [];
  const message = 'units start side by side, not in the order of this list';
  const hint = 'where one needs another, write After= and Requires= in its [Unit] section';
  return [{ severity: 'warning', path: ['coreos', 'units'], at: 'key', message, hint }];
}
