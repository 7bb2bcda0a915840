// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, quoteValue } from '../../spec/index.js';
import { parseUnitFile } from '../../units/index.js';
import { unitPath } from '../node-path.js';
import type { IgnitionConfig, IgnitionUnit } from './schema.js';

interface Named {
  readonly name: string;
  readonly path: DataPath;
}

/**
 * What is wrong between fields that are right one by one: things that come twice, files in each other's way, units
 * that do not read.
 *
 * Source: coreos/ignition v2.26, the Validate methods of config/v3_3/types.
 */
export function checkIgnition(config: IgnitionConfig, minor: number): readonly DataProblem[] {
  const nodes = nodesOf(config);
  return [
    ...findTwice(nodes, 'path'),
    ...findTwice(named(config.systemd?.units, ['systemd', 'units']), 'unit'),
    ...findTwice(named(config.passwd?.users, ['passwd', 'users']), 'user'),
    ...findTwice(named(config.passwd?.groups, ['passwd', 'groups']), 'group'),
    ...findUnitClashes(config, nodes),
    ...findBelowLinks(config, nodes),
    ...(minor < 6 ? findLostBits(config) : []),
    ...(config.systemd?.units ?? []).flatMap((unit, index) => checkUnit(unit, ['systemd', 'units', index])),
  ];
}

function nodesOf({ storage = {} }: IgnitionConfig): readonly Named[] {
  const kinds = { files: storage.files, directories: storage.directories, links: storage.links };
  return Object.entries(kinds).flatMap(([kind, list = []]) =>
    list.map(({ path }, index) => ({ name: path, path: ['storage', kind, index, 'path'] })),
  );
}

function named(list: readonly { readonly name: string }[] = [], above: DataPath): readonly Named[] {
  return list.map(({ name }, index) => ({ name, path: [...above, index, 'name'] }));
}

function findTwice(list: readonly Named[], noun: string): readonly DataProblem[] {
  const seen = new Set<string>();
  return list
    .filter(({ name }) => seen.has(name) || !seen.add(name))
    .map(({ name, path }) => error(path, `the ${noun} ${quoteValue(name)} comes twice`, 'keep one of them'));
}

function findUnitClashes({ systemd }: IgnitionConfig, nodes: readonly Named[]): readonly DataProblem[] {
  const taken = new Set(
    (systemd?.units ?? []).flatMap(({ name, contents = '', dropins = [] }) => [
      ...(contents === '' ? [] : [unitPath(name, false)]),
      ...dropins
        .filter((file) => (file.contents ?? '') !== '')
        .map((file) => `${unitPath(name, false)}.d/${file.name}`),
    ]),
  );
  return nodes
    .filter(({ name }) => taken.has(name))
    .map(({ name, path }) =>
      error(path, `${quoteValue(name)} is written by systemd.units, too`, 'keep one of them'),
    );
}

/** Files and directories whose path leads through a link of the same config. */
function findBelowLinks({ storage }: IgnitionConfig, nodes: readonly Named[]): readonly DataProblem[] {
  const links = (storage?.links ?? []).map(({ path }) => `${path}/`);
  return nodes.flatMap(({ name, path }) => {
    const link = links.find((above) => name.startsWith(above));
    if (link === undefined) return [];
    const message = `${quoteValue(name)} leads through the link ${quoteValue(link.slice(0, -1))}`;
    return [error(path, message, 'write the path that the link leads to')];
  });
}

function findLostBits({ storage }: IgnitionConfig): readonly DataProblem[] {
  const kinds = { files: storage?.files, directories: storage?.directories };
  return Object.entries(kinds).flatMap(([kind, list = []]) =>
    list.flatMap(({ mode = 0 }, index) =>
      (mode & 0o7000) === 0
        ? []
        : [
            warning(
              ['storage', kind, index, 'mode'],
              'setuid, setgid and sticky bits are not set by spec 3.5 and older',
              'write "version": "3.6.0" where the system has Ignition 2.24 or newer, or set them with a unit',
            ),
          ],
    ),
  );
}

function checkUnit(unit: IgnitionUnit, path: DataPath): readonly DataProblem[] {
  const { contents = '', dropins = [] } = unit;
  const problems = [
    ...checkText(contents, [...path, 'contents']),
    ...dropins.flatMap((file, index) =>
      checkText(file.contents ?? '', [...path, 'dropins', index, 'contents']),
    ),
    ...findTwice(named(dropins, [...path, 'dropins']), 'drop-in'),
  ];
  const hasInstall = parseUnitFile(contents).unit.sections.some(({ name }) => name === 'Install');
  if (unit.enabled !== true || contents === '' || hasInstall) return problems;
  const message = `${quoteValue(unit.name)} is enabled and has no [Install] section: nothing starts it`;
  return [
    ...problems,
    warning([...path, 'enabled'], message, 'add [Install] with WantedBy=multi-user.target'),
  ];
}

function checkText(text: string, path: DataPath): readonly DataProblem[] {
  return parseUnitFile(text).issues.map(({ line, message, hint }) =>
    warning(path, `line ${line} of it: ${message}`, hint),
  );
}

function error(path: DataPath, message: string, hint: string): DataProblem {
  return { severity: 'error', path, at: 'value', message, hint };
}

function warning(path: DataPath, message: string, hint: string): DataProblem {
  return { severity: 'warning', path, at: 'value', message, hint };
}
