// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';

/** Of spec 3; the last that is no experiment. */
const newestMinor = 6;

/** What came after 3.0: the minor version, and the keys that lead to it; `*` stands for any item of a list. */
const added: readonly (readonly [minor: number, key: string])[] = [
  [1, 'ignition.proxy'],
  [1, 'ignition.config.merge.*.compression'],
  [1, 'ignition.config.merge.*.httpHeaders'],
  [1, 'storage.files.*.contents.httpHeaders'],
  [1, 'storage.files.*.append.*.httpHeaders'],
  [1, 'storage.filesystems.*.mountOptions'],
  [2, 'storage.luks'],
  [2, 'storage.disks.*.partitions.*.resize'],
  [2, 'passwd.users.*.shouldExist'],
  [2, 'passwd.groups.*.shouldExist'],
  [3, 'kernelArguments'],
  [4, 'storage.luks.*.discard'],
  [4, 'storage.luks.*.openOptions'],
  [4, 'storage.luks.*.clevis.tang.*.advertisement'],
  [5, 'storage.luks.*.cex'],
];

export type IgnitionVersion =
  | { readonly kind: 'known'; readonly minor: number; readonly isExperimental: boolean }
  /** Spec 2 and 1, and what is not out yet. */
  | { readonly kind: 'old' }
  | { readonly kind: 'unknown' };

/** Source: coreos/ignition docs/migrating-configs.md, v2.26. */
export function readVersion(version: string): IgnitionVersion {
  const [, minor, experimental] = /^3\.(\d{1,3})\.0(-experimental)?$/.exec(version) ?? [];
  const isExperimental = experimental !== undefined;
  if (minor !== undefined && Number(minor) <= newestMinor + (isExperimental ? 1 : 0))
    return { kind: 'known', minor: Number(minor), isExperimental };
  return { kind: /^(1|2\.\d+\.\d+(-\w+)?)$/.test(version) ? 'old' : 'unknown' };
}

/** Keys that the version which the config names does not have: Ignition leaves them aside. */
export function findTooNew(value: unknown, minor: number): readonly DataProblem[] {
  return added
    .filter(([since]) => since > minor)
    .flatMap(([since, key]) =>
      findPaths(value, key.split('.')).map((path) => ({
        severity: 'warning' as const,
        path,
        at: 'key' as const,
        message: `${quoteValue(path.at(-1))} is not in spec 3.${minor} and is left aside`,
        hint: `write "version": "3.${since}.0" or newer`,
      })),
    );
}

function findPaths(value: unknown, keys: readonly string[]): readonly (string | number)[][] {
  const [key, ...rest] = keys;
  if (key === undefined) return value === undefined ? [] : [[]];
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries
    .filter(([step]) => (key === '*' ? typeof step === 'number' : step === key))
    .flatMap(([step, inner]) => findPaths(inner, rest).map((path) => [step, ...path]));
}
