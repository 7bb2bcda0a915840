// SPDX-License-Identifier: Apache-2.0

import type { Exec } from '../../effects/index.js';
import { fail } from '../errors.js';

export interface EtcdVersion {
  readonly major: number;
  readonly minor: number;
  /** `3.5.16` */
  readonly text: string;
}

/**
 * Of an etcd program.
 *
 * @throws `bootstrap/etcd-missing`; `bootstrap/etcd-unfit` for what is no etcd or older than 3.4, which has no learners
 */
export async function readVersion(exec: Exec, program: string, signal?: AbortSignal): Promise<EtcdVersion> {
  const options = signal === undefined ? {} : { signal };
  const ran = await exec.run(program, ['--version'], options).catch((error: unknown) => {
    throw fail('bootstrap/etcd-missing', { program }, error);
  });
  const version = parseVersion(ran.stdout);
  const firstLine = `${ran.stdout}${ran.stderr}`.split('\n')[0] ?? '';
  if (version === undefined) throw fail('bootstrap/etcd-unfit', { program, version: firstLine });
  if (!isAtLeast(version, 3, 4)) throw fail('bootstrap/etcd-unfit', { program, version: version.text });
  return version;
}

export function parseVersion(text: string): EtcdVersion | undefined {
  const match = /^etcd Version: ((\d+)\.(\d+)\.\S+)/m.exec(text);
  const [, whole, major, minor] = match ?? [];
  return whole === undefined ? undefined : { major: Number(major), minor: Number(minor), text: whole };
}

export function isAtLeast(version: EtcdVersion, major: number, minor: number): boolean {
  return version.major === major ? version.minor >= minor : version.major > major;
}
