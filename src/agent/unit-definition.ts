// SPDX-License-Identifier: Apache-2.0

import { fail } from './errors.js';
import type { SpecifierFacts } from './specifiers.js';
import type { UnitStatus } from './supervisor.js';
import { findUnit, type UnitFilesDeps } from './unit-files.js';
import { type InstallSettings, type UnitLinks, unitLinksOf } from './unit-links.js';
import type { UnitName } from './unit-name.js';
import { settingsOf, type UnitSettings } from './unit-settings.js';

/** A unit, found and understood. */
export type UnitDefinition =
  | { readonly kind: 'not-found'; readonly name: UnitName }
  | { readonly kind: 'masked'; readonly name: UnitName }
  | { readonly kind: 'bad'; readonly name: UnitName; readonly reason: string }
  | (LoadedUnit & { readonly kind: 'service'; readonly settings: UnitSettings })
  | (LoadedUnit & { readonly kind: 'target' });

export type RunnableDefinition = UnitDefinition & { readonly kind: 'service' | 'target' };

interface LoadedUnit {
  readonly name: UnitName;
  /** The unit file as the node sees it, if there is one. */
  readonly fragment: string | undefined;
  readonly links: UnitLinks;
  readonly install: InstallSettings;
}

export interface DefinitionOptions {
  readonly root: string;
  readonly hasBuiltin: (unit: string) => boolean;
  readonly facts: Omit<SpecifierFacts, 'unit'>;
}

/**
 * Reads a unit from the node's folders. A target needs no file; drop-ins alone make a unit only for a target or
 * a builtin; other types than service and target are `bad`, as the local supervisor does not run them.
 */
export async function defineUnit(
  deps: UnitFilesDeps,
  options: DefinitionOptions,
  asked: UnitName,
): Promise<UnitDefinition> {
  const found = await findUnit(deps, options.root, asked);
  if (found.kind === 'masked') return { kind: 'masked', name: asked };
  if (found.kind === 'unreadable') return { kind: 'bad', name: asked, reason: found.reason };
  const name = found.kind === 'found' ? found.name : asked;
  const fragment = found.kind === 'found' ? found.fragment : undefined;
  const isBuiltin = options.hasBuiltin(name.full);
  if (fragment === undefined && !isBuiltin && name.type !== 'target') return { kind: 'not-found', name };
  if (name.type !== 'target' && name.type !== 'service') {
    return { kind: 'bad', name, reason: `a ${name.type} is not run by the local supervisor` };
  }
  if (name.instance === '')
    return { kind: 'bad', name, reason: 'a template is started by an instance of it' };
  const files = found.kind === 'found' ? found.files : [];
  const facts = { ...options.facts, unit: name };
  const { links: written, install } = unitLinksOf(files, facts);
  const links = found.kind === 'found' ? withFolders(written, found) : written;
  if (name.type === 'target') return { kind: 'target', name, fragment, links, install };
  const result = settingsOf(files, facts, { isBuiltin });
  if (result.kind === 'bad') return { kind: 'bad', name, reason: result.reason };
  return { kind: 'service', name, fragment, links, install, settings: result.settings };
}

function withFolders(
  links: UnitLinks,
  folders: { readonly wants: readonly string[]; readonly requires: readonly string[] },
): UnitLinks {
  return {
    ...links,
    wants: [...new Set([...links.wants, ...folders.wants])],
    requires: [...new Set([...links.requires, ...folders.requires])],
  };
}

/** The definition of a unit that can be run. Throws `agent/unit-not-found`, `agent/unit-masked`, `agent/unit-bad`. */
export function runnable(unit: string, definition: UnitDefinition): RunnableDefinition {
  switch (definition.kind) {
    case 'not-found':
      throw fail('agent/unit-not-found', { unit });
    case 'masked':
      throw fail('agent/unit-masked', { unit });
    case 'bad':
      throw fail('agent/unit-bad', { unit, reason: definition.reason });
    case 'service':
    case 'target':
      return definition;
    default:
      return definition satisfies never;
  }
}

/** The status of a unit that was never started. */
export function renderDefinition(definition: UnitDefinition): UnitStatus {
  const dead = { name: definition.name.full, active: 'inactive', sub: 'dead' } as const;
  switch (definition.kind) {
    case 'not-found':
      return { ...dead, load: 'not-found', reason: 'no unit folder of the node has it' };
    case 'masked':
      return { ...dead, load: 'masked', reason: 'it is masked' };
    case 'bad':
      return { ...dead, load: 'error', reason: definition.reason };
    case 'service':
    case 'target':
      return { ...dead, load: 'loaded' };
    default:
      return definition satisfies never;
  }
}
