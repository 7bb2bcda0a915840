// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Files } from '../effects/index.js';
import { ensureFolder, resolveInRoot } from './node-root.js';
import type { Change } from './supervisor.js';
import type { InstallSettings } from './unit-links.js';
import { findUnitName, type UnitName } from './unit-name.js';

/**
 * Makes the links that a unit's `[Install]` section asks for, as systemctl enable does. A unit without such a
 * section has none, which is no failure.
 */
export async function linkUnit(
  files: Files,
  root: string,
  unit: { readonly name: UnitName; readonly fragment: string | undefined; readonly install: InstallSettings },
  options: { readonly isRuntime: boolean },
): Promise<Change> {
  const { name, fragment, install } = unit;
  if (fragment === undefined) return 'unchanged';
  const folder = options.isRuntime ? '/run/systemd/system' : '/etc/systemd/system';
  const links = [
    ...install.wantedBy.map((target) => `${target}.wants/${name.full}`),
    ...install.requiredBy.map((target) => `${target}.requires/${name.full}`),
    ...install.aliases.filter((alias) => alias !== name.full),
  ];
  const places = links.filter((link) => link.split('/').every((part) => isPart(part)));
  const done = await Promise.all(places.map((link) => place(files, root, `${folder}/${link}`, fragment)));
  return done.includes('changed') ? 'changed' : 'unchanged';
}

async function place(files: Files, root: string, path: string, target: string): Promise<Change> {
  const real = await resolveInRoot(files, root, path);
  if ((await files.stat(real))?.kind === 'link' && (await files.readLink(real)) === target)
    return 'unchanged';
  await ensureFolder(files, root, posix.dirname(path));
  await files.link(target, real);
  return 'changed';
}

function isPart(part: string): boolean {
  const plain = part.replace(/\.(wants|requires)$/, '');
  return findUnitName(plain)?.full === plain;
}
