// SPDX-License-Identifier: Apache-2.0

import type { Exec } from '../../../effects/index.js';

/** What the `ip` program of iproute2 said; `why` is empty when all went well. */
export interface IpAnswer {
  readonly output: string;
  readonly why: string;
}

/**
 * Runs `ip` once. That it failed, or is not there, is a value: most of what is asked for here may be done already.
 *
 * @param lines commands of a batch, each tried, whatever the ones before it came to
 */
export async function ip(exec: Exec, args: readonly string[], lines?: readonly string[]): Promise<IpAnswer> {
  const batch = lines === undefined ? [] : ['-force', '-batch', '-'];
  const input = lines === undefined ? {} : { input: lines.map((line) => `${line}\n`).join('') };
  try {
    const ran = await exec.run('ip', [...args.slice(0, 2), ...batch, ...args.slice(2)], input);
    const [first] = ran.stderr.trim().split('\n');
    return { output: ran.stdout, why: ran.code === 0 ? '' : first || `"ip" ended with ${ran.code}` };
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return { output: '', why: isMissing ? 'the program "ip" is not there' : String(error) };
  }
}

/** Commands inside a namespace. */
export function ipIn(exec: Exec, namespace: string, lines: readonly string[]): Promise<IpAnswer> {
  return ip(exec, ['-n', namespace], lines);
}
