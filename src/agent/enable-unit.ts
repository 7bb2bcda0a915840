// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Files } from '../effects/index.js';
import { ensureFolder, resolveInRoot } from './node-root.js';
import type { Change } from './supervisor.js';
import type { InstallSettings } from './unit-links.js';
import { findUnitName, type UnitName } from './unit-name.js';

/** A unit as far as enabling it goes. */
interface Installable {
  readonly name: UnitName;
  readonly fragment: string | undefined;
  readonly install: InstallSettings;
}

interface LinkOptions {
  readonly isRuntime: boolean;
}

/**
 * Makes the links that a unit's `[Install]` section asks for, as systemctl enable does. A unit without such a
 * section has none, which is no failure.
 */
export async function linkUnit(
  files: Files,
  root: string,
  unit: Installable,
  options: LinkOptions,
): Promise<Change> {
  const { fragment } = unit;
  if (fragment === undefined) return 'unchanged';
  const done = await Promise.all(placesOf(unit, options).map((path) => place(files, root, path, fragment)));
  return done.includes('changed') ? 'changed' : 'unchanged';
}

/** Whether all of those links are there. */
export async function isUnitLinked(
  files: Files,
  root: string,
  unit: Installable,
  options: LinkOptions,
): Promise<boolean> {
  const { fragment } = unit;
  if (fragment === undefined) return true;
  const found = await Promise.all(
    placesOf(unit, options).map((path) => isPlaced(files, root, path, fragment)),
  );
  return !found.includes(false);
}

function placesOf({ name, install }: Installable, { isRuntime }: LinkOptions): readonly string[] {
  const folder = isRuntime ? '/run/systemd/system' : '/etc/systemd/system';
  const links = [
    ...install.wantedBy.map((target) => `${target}.wants/${name.full}`),
    ...install.requiredBy.map((target) => `${target}.requires/${name.full}`),
    ...install.aliases.filter((alias) => alias !== name.full),
  ];
  return links.filter((link) => link.split('/').every(isPart)).map((link) => `${folder}/${link}`);
}

async function isPlaced(files: Files, root: string, path: string, target: string): Promise<boolean> {
  const real = await resolveInRoot(files, root, path);
  return (await files.stat(real))?.kind === 'link' && (await files.readLink(real)) === target;
}

async function place(files: Files, root: string, path: string, target: string): Promise<Change> {
  if (await isPlaced(files, root, path, target)) return 'unchanged';
  await ensureFolder(files, root, posix.dirname(path));
  await files.link(target, await resolveInRoot(files, root, path));
  return 'changed';
}

function isPart(part: string): boolean {
  const plain = part.replace(/\.(wants|requires)$/, '');
  return findUnitName(plain)?.full === plain;
}
