// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from '../../spec/index.js';
import { unitPath } from '../node-path.js';
import { findVariables } from '../substitute.js';
import { startDropIn } from './assemble.js';
import { textOfFile } from './decode-file.js';
import { encodeFile } from './encode-file.js';
import { fillScript } from './fill-script.js';
import type { IgnitionConfig, IgnitionFile, IgnitionUnit } from './schema.js';

/** The unit that fills variables in at boot, and its script. */
export const fillUnit = 'muster-fill-variables.service';
export const fillScriptPath = '/etc/muster/fill-variables';

/**
 * Adds what fills variables in on the machine, where nobody knows its addresses before: a unit that runs ahead of
 * those that use them. Without variables in files or units the config stays as it is.
 */
export function fillVariables(config: IgnitionConfig): IgnitionConfig {
  const units = (config.systemd?.units ?? []).flatMap(texts);
  const files = (config.storage?.files ?? []).map((file) => ({
    path: file.path,
    text: textOfFile(file),
  }));
  const filled = [...files, ...units].filter(({ text }) => findVariables(text).length > 0);
  if (filled.length === 0) return config;
  const content = fillScript(filled);
  const script: IgnitionFile = encodeFile({
    path: fillScriptPath,
    content,
    encoding: 'utf8',
    owner: '',
    mode: 0o755,
  });
  const paths = new Set(filled.map(({ path }) => path));
  const unit = { name: fillUnit, enabled: true, contents: unitText(waiting(config, paths)) };
  return {
    ...config,
    storage: { ...config.storage, files: [...(config.storage?.files ?? []), script] },
    systemd: { units: [...(config.systemd?.units ?? []), unit] },
  };
}

/** What is written before the system starts and cannot wait: paths are those of the cloud-config. */
export function findEarlyVariables(config: IgnitionConfig): readonly DataProblem[] {
  const holds = (value: unknown) => findVariables(JSON.stringify(value ?? '')).length > 0;
  const hostname = config.storage?.files?.find(({ path }) => path === '/etc/hostname');
  const users = (config.passwd?.users ?? []).filter(holds);
  const isNamed = hostname !== undefined && findVariables(textOfFile(hostname)).length > 0;
  return [
    ...(isNamed ? [early('hostname')] : []),
    ...(users.length > 0 ? [early(users[0]?.name === 'core' ? 'ssh_authorized_keys' : 'users')] : []),
  ];
}

function early(key: string): DataProblem {
  const message = 'a variable stands here, and nothing fills it in so early';
  return {
    severity: 'error',
    path: [key],
    at: 'value',
    message,
    hint: 'name the machine with --machine, or write the value',
  };
}

interface FilledText {
  readonly path: string;
  readonly text: string;
}

function texts({ name, contents = '', dropins = [] }: IgnitionUnit): readonly FilledText[] {
  const path = unitPath(name, false);
  return [
    { path, text: contents },
    ...dropins.map((file) => ({ path: `${path}.d/${file.name}`, text: file.contents ?? '' })),
  ];
}

/**
 * The units that wait for the values: those that hold variables, and all services when a file does that any of
 * them may read, but for those that the network waits for.
 */
function waiting(config: IgnitionConfig, filled: ReadonlySet<string>): readonly string[] {
  const units = config.systemd?.units ?? [];
  const isForAll = (config.storage?.files ?? []).some(({ path }) => filled.has(path));
  const starts = units
    .filter(({ name }) => name === startDropIn.unit)
    .flatMap((unit) => unit.dropins ?? [])
    .flatMap(({ contents = '' }) =>
      [...contents.matchAll(/^Wants=(\S+\.service)$/gm)].map(([, name = '']) => name),
    );
  const own = units
    .filter(
      (unit) =>
        texts(unit).some(({ path }) => filled.has(path)) || (isForAll && unit.name.endsWith('.service')),
    )
    .filter((unit) => !/^Before=.*\bnetwork/m.test(unit.contents ?? ''))
    .map(({ name }) => name);
  return [...new Set([...own, ...(isForAll ? starts : [])])];
}

function unitText(before: readonly string[]): string {
  const metadata = 'coreos-metadata.service afterburn.service';
  return [
    '[Unit]',
    'Description=Fill variables into the files of a cloud-config',
    `Wants=network-online.target ${metadata}`,
    `After=network-online.target ${metadata}`,
    ...before.map((name) => `Before=${name}`),
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    `ExecStart=/bin/bash ${fillScriptPath}`,
    'ExecStart=/usr/bin/systemctl daemon-reload',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}
