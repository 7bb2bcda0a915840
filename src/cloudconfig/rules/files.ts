// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';
import type { CloudConfig } from '../cloud-config.js';
import { unitPath } from '../node-path.js';
import { problem } from '../rule.js';

/** Folders of the system's image, and those that lead into it. Whole names: /usrlocal is none of them. */
const readOnly = /^\/(usr|bin|sbin|lib|lib64|boot\/coreos|proc|sys)(\/|$)/;

/** Where files go, and what else wants to write them. */
export function checkFiles(config: CloudConfig): readonly DataProblem[] {
  const seen = new Map<string, string>(otherWriters(config));
  return config.writeFiles.flatMap(({ path: written }, index) => {
    const path = ['write_files', index, 'path'];
    const plain = written.replace(/\/(\.?\/)+/g, '/');
    const before = seen.get(plain);
    if (plain !== '') seen.set(plain, `write_files[${index}]`);
    const clash = problem('file-conflict', 'warning', path, [
      `${quoteValue(plain)} is written by ${before}, too`,
      'keep one of them: the later one wins',
    ]);
    const fixed = problem('read-only-path', 'error', path, [
      `${quoteValue(plain)} is on a read-only filesystem`,
      'write below /etc, /opt or /var; programs belong in /opt/bin',
    ]);
    return [...(before === undefined ? [] : [clash]), ...(readOnly.test(plain) ? [fixed] : [])];
  });
}

/** Files that other sections write: the later one wins, which is not what anybody meant. */
function otherWriters(config: CloudConfig): readonly (readonly [string, string])[] {
  const units = config.units
    .filter(({ content }) => content !== '')
    .map(({ name, isRuntime }) => [unitPath(name, isRuntime === true), `the unit ${name}`] as const);
  return [
    ...units,
    ...(config.hostname === '' ? [] : [['/etc/hostname', 'hostname'] as const]),
    ...(config.manageEtcHosts === '' ? [] : [['/etc/hosts', 'manage_etc_hosts'] as const]),
    ...(config.oem.id === undefined ? [] : [['/etc/oem-release', 'coreos.oem'] as const]),
    ...(Object.keys(config.update).length === 0
      ? []
      : [['/etc/coreos/update.conf', 'coreos.update'] as const]),
  ];
}
