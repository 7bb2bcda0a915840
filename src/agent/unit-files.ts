// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Files, Log } from '../effects/index.js';
import type { UnitFile } from '../units/index.js';
import { resolveInRoot } from './node-root.js';
import { fileNamesOf, findUnitName, type UnitName } from './unit-name.js';

/** Where units are looked for, as the node sees it; the first that has a file wins. */
const unitFolders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'] as const;

/** A unit as its folders have it, not yet understood. */
export type FoundUnit =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'masked' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'found';
      /** The name it really has, when it was asked for by an alias. */
      readonly name: UnitName;
      /** The unit file as the node sees it; `undefined` when there are drop-ins at most. */
      readonly fragment: string | undefined;
      /** The unit file, if any, and its drop-ins in order of application. */
      readonly files: readonly UnitFile[];
      /** From the folders `NAME.wants` and `NAME.requires`. */
      readonly wants: readonly string[];
      readonly requires: readonly string[];
    };

export interface UnitFilesDeps {
  readonly files: Pick<Files, 'stat' | 'readLink' | 'readText' | 'list'>;
  readonly log: Log;
}

interface UnitFolder {
  /** As the node sees it. */
  readonly path: string;
  readonly real: string;
  readonly names: ReadonlySet<string>;
}

const mostAliases = 8;

/**
 * Finds a unit in the folders of a node: its file (or its template's), then its drop-ins sorted by file name over
 * all folders, those of the instance before those of the template before those of all units of the type.
 *
 * Source: systemd.unit(5), "Unit File Load Path", v257.
 */
export async function findUnit(deps: UnitFilesDeps, root: string, name: UnitName): Promise<FoundUnit> {
  try {
    return await findByName(deps, root, await openFolders(deps, root), name, mostAliases);
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function findByName(
  deps: UnitFilesDeps,
  root: string,
  folders: readonly UnitFolder[],
  name: UnitName,
  aliasesLeft: number,
): Promise<FoundUnit> {
  const place = placeOf(folders, name);
  if (place === undefined) {
    const found = await gather(deps, root, folders, name, undefined, []);
    const isEmpty = [found.files, found.wants, found.requires].every(({ length }) => length === 0);
    return isEmpty ? { kind: 'not-found' } : found;
  }
  const text = await readEntry(deps, root, place.path);
  if (text === undefined) return { kind: 'masked' };
  const alias = text.target === undefined ? undefined : aliasOf(text.target, place.path, name);
  if (alias !== undefined && aliasesLeft > 0 && placeOf(folders, alias) !== undefined) {
    return findByName(deps, root, folders, alias, aliasesLeft - 1);
  }
  return gather(deps, root, folders, name, place.path, [await parse(deps, place.path, text.content)]);
}

async function gather(
  deps: UnitFilesDeps,
  root: string,
  folders: readonly UnitFolder[],
  name: UnitName,
  fragment: string | undefined,
  first: readonly UnitFile[],
): Promise<FoundUnit & { readonly kind: 'found' }> {
  const files = [...first];
  for (const path of await dropInsOf(deps, root, folders, name)) {
    const entry = await readEntry(deps, root, path);
    if (entry !== undefined) files.push(await parse(deps, path, entry.content));
  }
  const wants = await namesIn(deps, root, folders, `${name.full}.wants`);
  const requires = await namesIn(deps, root, folders, `${name.full}.requires`);
  return { kind: 'found', name, fragment, files, wants, requires };
}

async function openFolders(deps: UnitFilesDeps, root: string): Promise<readonly UnitFolder[]> {
  const opened = unitFolders.map(async (path) => {
    const real = await resolveInRoot(deps.files, root, path, { last: 'follow', absoluteLinks: 'node' });
    return { path, real, names: new Set((await deps.files.list(real)) ?? []) };
  });
  return Promise.all(opened);
}

function placeOf(folders: readonly UnitFolder[], name: UnitName): { readonly path: string } | undefined {
  for (const fileName of fileNamesOf(name)) {
    const folder = folders.find(({ names }) => names.has(fileName));
    if (folder !== undefined) return { path: `${folder.path}/${fileName}` };
  }
  return undefined;
}

async function dropInsOf(
  deps: UnitFilesDeps,
  root: string,
  folders: readonly UnitFolder[],
  name: UnitName,
): Promise<readonly string[]> {
  const byFileName = new Map<string, string>();
  for (const owner of [...fileNamesOf(name), name.type]) {
    for (const folder of folders) {
      const path = `${folder.path}/${owner}.d`;
      if (!folder.names.has(`${owner}.d`)) continue;
      const real = await resolveInRoot(deps.files, root, path, { last: 'follow', absoluteLinks: 'node' });
      for (const file of (await deps.files.list(real)) ?? []) {
        if (file.endsWith('.conf') && !byFileName.has(file)) byFileName.set(file, `${path}/${file}`);
      }
    }
  }
  // In byte order, as systemd sorts them.
  return [...byFileName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** The content of a unit file or drop-in; `undefined` when it is masked: empty, or a link to /dev/null. */
async function readEntry(
  deps: UnitFilesDeps,
  root: string,
  path: string,
): Promise<{ readonly content: string; readonly target: string | undefined } | undefined> {
  const place = await resolveInRoot(deps.files, root, path, { absoluteLinks: 'node' });
  const target = await targetOf(deps, place);
  if (target === '/dev/null') return undefined;
  const real = await resolveInRoot(deps.files, root, path, { last: 'follow', absoluteLinks: 'node' });
  const content = (await deps.files.readText(real)) ?? '';
  return content === '' ? undefined : { content, target };
}

async function targetOf(deps: UnitFilesDeps, place: string): Promise<string | undefined> {
  return (await deps.files.stat(place))?.kind === 'link' ? await deps.files.readLink(place) : undefined;
}

/** The unit that a link in a unit folder stands for; `undefined` when it goes by the same name. */
function aliasOf(target: string, path: string, name: UnitName): UnitName | undefined {
  const base = posix.basename(target);
  if (base === posix.basename(path)) return undefined;
  const found = findUnitName(base);
  if (found === undefined || found.full !== base || found.type !== name.type) return undefined;
  if (found.instance !== '') return found;
  return name.instance ? findUnitName(`${found.prefix}@${name.instance}.${found.type}`) : undefined;
}

async function namesIn(
  deps: UnitFilesDeps,
  root: string,
  folders: readonly UnitFolder[],
  folderName: string,
) {
  const names = new Set<string>();
  for (const folder of folders.filter((known) => known.names.has(folderName))) {
    const path = `${folder.path}/${folderName}`;
    const real = await resolveInRoot(deps.files, root, path, { last: 'follow', absoluteLinks: 'node' });
    for (const name of (await deps.files.list(real)) ?? []) names.add(name);
  }
  return [...names];
}

async function parse(deps: UnitFilesDeps, path: string, text: string): Promise<UnitFile> {
  // Loaded only here: with its parsers it takes longer to load than all of the agent.
  const { parseUnitFile } = await import('../units/index.js');
  const { unit, issues } = parseUnitFile(text);
  for (const { line, message } of issues) {
    deps.log.warn('unit file is not all understood', { path, line, message });
  }
  return unit;
}
