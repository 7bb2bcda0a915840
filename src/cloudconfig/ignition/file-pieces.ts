// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import { quoteValue } from '../../spec/index.js';
import type { Action } from '../action.js';
import { isDropInName, isNetworkUnit, isUnitName } from '../node-path.js';
import { encodeFile } from './encode-file.js';
import { changed, type IgnitionVariant, lost, type Piece } from './piece.js';
import { shippedName } from './shipped-units.js';

export type WriteFile = Extract<Action, { readonly kind: 'write-file' }>;

/** A place of the units that systemd reads: a unit's own file, or one of its drop-ins. */
export interface UnitPlace {
  readonly unit: string;
  /** Empty for the unit's own file. */
  readonly dropIn: string;
  /** Whether it is below /run. */
  readonly isRuntime: boolean;
}

/** Where in systemd's folders a path is; `undefined` for one that is no unit's. */
export function findUnitPlace(path: string): UnitPlace | undefined {
  const [, top, unit = '', dropIn = ''] =
    /^\/(etc|run)\/systemd\/system\/([^/]+?)(?:\.d\/([^/]+))?$/.exec(path) ?? [];
  if (top === undefined || !isUnitName(unit) || isNetworkUnit(unit)) return undefined;
  return dropIn === '' || isDropInName(dropIn) ? { unit, dropIn, isRuntime: top === 'run' } : undefined;
}

/** What writing one file comes to: a file of its own, a part of a unit, or a copy that is laid in place at boot. */
export function filePieces(
  action: WriteFile,
  defined: ReadonlySet<string>,
  variant: IgnitionVariant,
): readonly Piece[] {
  const path = posix.normalize(action.path).replace(/^\/var\/run\//, '/run/');
  const isPlain =
    action.encoding === 'utf8' && action.mode === 0o644 && /^(root(:root)?)?$/.test(action.owner);
  const place = isPlain ? findUnitPlace(path) : undefined;
  if (place !== undefined) return unitPieces(action, place, defined, variant);
  if (path === '/run/flannel/options.env') return flannelPieces(action, defined, variant);
  if (/^\/(proc|sys|dev)\//.test(path))
    return [
      lost(
        action,
        `Ignition writes no file at ${quoteValue(path)}`,
        'write it with a unit that runs at each boot',
      ),
    ];
  if (path.startsWith('/usr/') && !(variant === 'fcos' && path.startsWith('/usr/local/')))
    return [
      lost(
        action,
        `${quoteValue(path)} is on the read-only part of the system`,
        'write it to /etc, /opt or /var',
      ),
    ];
  if (/^\/(run|tmp)\//.test(path)) return copiedPieces(action, path);
  return [...specialBits(action, path), { kind: 'file', file: encodeFile({ ...action, path }) }];
}

function unitPieces(
  action: WriteFile,
  place: UnitPlace,
  defined: ReadonlySet<string>,
  variant: IgnitionVariant,
): readonly Piece[] {
  const { dropIn } = place;
  const shipped = shippedName(place.unit, defined, variant);
  const unit =
    dropIn === ''
      ? { name: place.unit, contents: action.content }
      : { name: shipped.name, dropins: [{ name: dropIn, contents: action.content }] };
  const isAsked = place.isRuntime && /^coreos\.units\b|^write_files\b/.test(action.reason);
  return [
    { kind: 'unit', unit },
    ...(isAsked
      ? [changed(action, 'Ignition writes no unit below /run', 'it is below /etc, and stays')]
      : []),
    ...(dropIn !== '' && shipped.note !== '' ? [changed(action, shipped.note, shipped.hint)] : []),
  ];
}

/** What flanneld reads from a file below /run, as a drop-in of it. */
function flannelPieces(
  action: WriteFile,
  defined: ReadonlySet<string>,
  variant: IgnitionVariant,
): readonly Piece[] {
  const { name, note, hint } = shippedName('flanneld.service', defined, variant);
  const lines = action.content.split('\n').filter((line) => line !== '');
  const contents = `[Service]\n${lines.map((line) => `Environment="${line}"\n`).join('')}`;
  return [
    { kind: 'unit', unit: { name, dropins: [{ name: '20-cloudinit.conf', contents }] } },
    ...(note === '' ? [] : [changed(action, note, hint)]),
  ];
}

/** Below /run and /tmp everything is new at each boot: the file lies elsewhere and is copied there early. */
function copiedPieces(action: WriteFile, path: string): readonly Piece[] {
  const kept = `/etc/muster/files${path}`;
  const mode = action.mode.toString(8).padStart(4, '0');
  const [user = '-', group = '-'] = action.owner === '' ? [] : action.owner.split(':');
  const hint = `it is at ${kept}, and systemd-tmpfiles copies it at each boot`;
  return [
    { kind: 'file', file: encodeFile({ ...action, path: kept, mode: action.mode & 0o777 }) },
    { kind: 'tmpfiles', line: `C ${tmpfilesPath(path)} - - - - ${tmpfilesPath(kept)}` },
    { kind: 'tmpfiles', line: `z ${tmpfilesPath(path)} ${mode} ${user} ${group}` },
    changed(action, `what Ignition writes to ${quoteValue(path)} is gone when the system runs`, hint),
  ];
}

/** Spec 3.3 sets no setuid, setgid and sticky bits: systemd-tmpfiles does. */
function specialBits(action: WriteFile, path: string): readonly Piece[] {
  if ((action.mode & 0o7000) === 0) return [];
  const mode = action.mode.toString(8).padStart(4, '0');
  return [
    { kind: 'tmpfiles', line: `z ${tmpfilesPath(path)} ${mode} - -` },
    changed(
      action,
      'Ignition 3.3 sets no setuid, setgid and sticky bits',
      'systemd-tmpfiles sets them at each boot',
    ),
  ];
}

/** Quoted as tmpfiles.d(5) has it: `%` begins a specifier there. */
function tmpfilesPath(path: string): string {
  const text = path.replaceAll('%', '%%');
  return /[\s"'\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : text;
}
