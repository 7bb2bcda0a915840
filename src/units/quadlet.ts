// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../model/index.js';
import type { UnitFile, UnitFileEntry, UnitFileSection } from './unit-file.js';
import type { UnitName } from './unit-name.js';

const section = 'Container';

/** Options of `[Container]` and the flag of `podman run` that each becomes. */
const flags: Readonly<Record<string, string>> = {
  AddCapability: '--cap-add',
  AddDevice: '--device',
  Annotation: '--annotation',
  DNS: '--dns',
  DropCapability: '--cap-drop',
  Entrypoint: '--entrypoint',
  Environment: '--env',
  EnvironmentFile: '--env-file',
  ExposeHostPort: '--expose',
  HostName: '--hostname',
  IP: '--ip',
  Label: '--label',
  Mount: '--mount',
  Network: '--network',
  PublishPort: '--publish',
  Pull: '--pull',
  Secret: '--secret',
  ShmSize: '--shm-size',
  Sysctl: '--sysctl',
  Tmpfs: '--tmpfs',
  Ulimit: '--ulimit',
  User: '--user',
  Volume: '--volume',
  WorkingDir: '--workdir',
};

const switches: Readonly<Record<string, string>> = {
  NoNewPrivileges: '--security-opt=no-new-privileges',
  ReadOnly: '--read-only',
  RunInit: '--init',
};

/**
 * The service that a quadlet `.container` file stands for: the same one on machines with systemd and on local nodes, so
 * that the cluster needs no generator anywhere. Options that it does not translate are errors, by line.
 *
 * Source: podman-systemd.unit(5), podman 5.
 */
export function quadletService(
  name: UnitName,
  file: UnitFile,
): { readonly unit: UnitFile; readonly issues: readonly Issue[] } {
  const entries = file.sections.find((one) => one.name === section)?.entries ?? [];
  const issues: Issue[] = [];
  const refuse = (line: number, message: string, hint: string) =>
    issues.push({ severity: 'error', path: section, line, column: 1, message, hint });
  const last = (key: string) => entries.findLast((entry) => entry.key === key)?.value;
  const image = last('Image');
  if (image === undefined || image === '')
    refuse(entries[0]?.line ?? 1, 'Image is missing', 'say Image= in [Container]');
  const words = entries.flatMap((entry) => flagOf(entry, refuse));
  const stem = name.instance === undefined ? name.prefix : `${name.prefix}_%i`;
  const container = last('ContainerName') ?? `systemd-${stem}`;
  const run = ['podman run --rm --replace --name', container, ...words, image ?? '', last('Exec') ?? ''];
  const own: UnitFileEntry[] = [
    { key: 'Environment', value: 'PODMAN_SYSTEMD_UNIT=%n', line: 1 },
    { key: 'ExecStart', value: run.filter((word) => word !== '').join(' '), line: 1 },
    { key: 'ExecStop', value: `-podman stop --ignore ${container}`, line: 1 },
    { key: 'ExecStopPost', value: `-podman rm --force --ignore ${container}`, line: 1 },
  ];
  const others = file.sections.filter((one) => one.name !== section && one.name !== 'Service');
  const service = file.sections.find((one) => one.name === 'Service')?.entries ?? [];
  const sections: readonly UnitFileSection[] = [
    ...others.filter((one) => one.name === 'Unit'),
    { name: 'Service', entries: [...own, ...service] },
    ...others.filter((one) => one.name !== 'Unit'),
  ];
  return { unit: { sections }, issues };
}

function flagOf(
  { key, value, line }: UnitFileEntry,
  refuse: (line: number, message: string, hint: string) => void,
): readonly string[] {
  if (key === 'Image' || key === 'Exec' || key === 'ContainerName') return [];
  if (key === 'PodmanArgs') return [value];
  const flag = flags[key];
  if (flag !== undefined) return splitEnvironment(key, value).map((one) => `${flag}=${one}`);
  const isOn = /^(true|yes|1|on)$/i.test(value);
  const onOff = switches[key];
  if (onOff !== undefined) return isOn ? [onOff] : [];
  refuse(
    line,
    `${key} is not translated`,
    `write it as PodmanArgs=, or use one of ${Object.keys(flags).join(', ')}`,
  );
  return [];
}

/** `Environment=` and `Label=` take several assignments in a line. */
function splitEnvironment(key: string, value: string): readonly string[] {
  if (key !== 'Environment' && key !== 'Label' && key !== 'Annotation') return [value];
  return value.match(/"[^"]*"|'[^']*'|[^\s"']+(?:"[^"]*"|'[^']*'|[^\s"'])*/g) ?? [];
}
