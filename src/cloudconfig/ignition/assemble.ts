// SPDX-License-Identifier: Apache-2.0

import { encodeFile } from './encode-file.js';
import type { Piece } from './piece.js';
import type { IgnitionConfig, IgnitionFile, IgnitionUnit, IgnitionUser } from './schema.js';

/**
 * The version that is written: 3.3.0 is the newest that every Flatcar with Ignition 3 (3185.0.0, 2022) and every
 * Fedora CoreOS of today reads. Source: Flatcar's page "Ignition Specification"; butane, config/config.go.
 */
export const writtenVersion = '3.3.0';

/** The drop-in by which multi-user.target starts units that cannot be enabled. */
export const startDropIn = { unit: 'multi-user.target', name: '20-muster-start.conf' } as const;

/** One config of pieces: files by path, units and users by name, each in the place of its first mention. */
export function assemble(pieces: readonly Piece[]): IgnitionConfig {
  const files = new Map<string, IgnitionFile>();
  const units = new Map<string, IgnitionUnit>();
  const users = new Map<string, IgnitionUser>();
  for (const piece of [...pieces, ...gatherStarts(pieces), ...gatherTmpfiles(pieces)]) {
    if (piece.kind === 'file') files.set(piece.file.path, layFile(files.get(piece.file.path), piece.file));
    if (piece.kind === 'unit') units.set(piece.unit.name, layUnit(units.get(piece.unit.name), piece.unit));
    if (piece.kind === 'user') users.set(piece.user.name, layUser(users.get(piece.user.name), piece.user));
  }
  return {
    ignition: { version: writtenVersion },
    ...(users.size > 0 && { passwd: { users: [...users.values()] } }),
    ...(files.size > 0 && { storage: { files: [...files.values()] } }),
    ...(units.size > 0 && { systemd: { units: [...units.values()].map(orderUnit) } }),
  };
}

/** What is only added to a file leaves its content as it is. */
function layFile(base: IgnitionFile | undefined, over: IgnitionFile): IgnitionFile {
  return over.append === undefined
    ? over
    : { ...base, ...over, append: [...(base?.append ?? []), ...over.append] };
}

function layUnit(base: IgnitionUnit | undefined, over: IgnitionUnit): IgnitionUnit {
  const names = new Set((over.dropins ?? []).map(({ name }) => name));
  const dropins = [...(base?.dropins ?? []).filter(({ name }) => !names.has(name)), ...(over.dropins ?? [])];
  return { ...base, ...over, ...(dropins.length > 0 && { dropins }) };
}

/** In the order in which it reads well. A mask takes the place of the unit's own file. */
function orderUnit({ name, enabled, mask, contents, dropins }: IgnitionUnit): IgnitionUnit {
  return {
    name,
    ...(enabled !== undefined && { enabled }),
    ...(mask !== undefined && { mask }),
    ...(contents !== undefined && mask !== true && { contents }),
    ...(dropins !== undefined && { dropins }),
  };
}

function layUser(base: IgnitionUser | undefined, over: IgnitionUser): IgnitionUser {
  const keys = [...new Set([...(base?.sshAuthorizedKeys ?? []), ...(over.sshAuthorizedKeys ?? [])])];
  return { ...base, ...over, ...(keys.length > 0 && { sshAuthorizedKeys: keys }) };
}

function gatherStarts(pieces: readonly Piece[]): readonly Piece[] {
  const names = new Set(pieces.flatMap((piece) => (piece.kind === 'start' ? [piece.unit] : [])));
  if (names.size === 0) return [];
  // All start side by side, so that the order says nothing: the same units make the same text.
  const wants = [...names].sort().map((name) => `Wants=${name}\n`);
  const contents = `[Unit]\n${wants.join('')}`;
  return [
    { kind: 'unit', unit: { name: startDropIn.unit, dropins: [{ name: startDropIn.name, contents }] } },
  ];
}

function gatherTmpfiles(pieces: readonly Piece[]): readonly Piece[] {
  const lines = new Set(pieces.flatMap((piece) => (piece.kind === 'tmpfiles' ? [piece.line] : [])));
  if (lines.size === 0) return [];
  const content = [...lines].map((line) => `${line}\n`).join('');
  const file = {
    path: '/etc/tmpfiles.d/muster.conf',
    content,
    encoding: 'utf8',
    owner: '',
    mode: 0o644,
  } as const;
  return [{ kind: 'file', file: encodeFile(file) }];
}
