// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec } from '../../effects/index.js';
import { fail } from '../errors.js';
import type { QemuOptions } from './options.js';

interface TrialDeps {
  readonly clock: Clock;
  readonly exec: Exec;
}

const trialLimitMs = 5_000;

/** @throws `providers/no-qemu` when the program is not there or does not run */
export async function checkProgram({ exec }: TrialDeps, { program }: QemuOptions): Promise<void> {
  try {
    const { code, stderr } = await exec.run(program, ['--version']);
    if (code !== 0) throw fail('providers/no-qemu', { program, why: firstLine(stderr) });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw error;
    throw fail('providers/no-qemu', { program, why: 'it is not there' }, error);
  }
}

export interface Acceleration {
  readonly accel: 'kvm' | 'tcg';
  /** Why the processor does not run the machines; empty when it does, or was not asked to. */
  readonly why: string;
}

/**
 * Finds out by trying whether KVM works: its device may be there, and the kernel or a computer around this one may not let
 * a machine run all the same. Takes some 200 ms.
 *
 * @throws `providers/no-kvm` when the options insist on it
 */
export async function chooseAcceleration(deps: TrialDeps, options: QemuOptions): Promise<Acceleration> {
  if (options.accel === 'tcg') return { accel: 'tcg', why: '' };
  const why = await tryKvm(deps, options.program);
  if (why === '') return { accel: 'kvm', why: '' };
  if (options.accel === 'kvm') throw fail('providers/no-kvm', { why });
  return { accel: 'tcg', why };
}

/** Runs a machine with nothing in it for as long as it takes to see it run. */
async function tryKvm({ clock, exec }: TrialDeps, program: string): Promise<string> {
  const done = new AbortController();
  const late = new AbortController();
  const timer = clock.sleep(trialLimitMs, done.signal).then(() => late.abort());
  const commands = ['qmp_capabilities', 'query-status', 'quit'].map((execute) => JSON.stringify({ execute }));
  try {
    const { code, stdout, stderr } = await exec.run(
      program,
      ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc', '-m', '16M'].concat([
        '-accel',
        'kvm',
        '-cpu',
        'host',
        '-qmp',
        'stdio',
      ]),
      { input: `${commands.join('\n')}\n`, signal: late.signal },
    );
    if (code === 0 && stdout.includes('"running": true')) return '';
    return firstLine(stderr) || 'a machine does not run with it';
  } catch (error) {
    if (late.signal.aborted) return `a machine does not run within ${trialLimitMs / 1000} s`;
    throw error;
  } finally {
    done.abort();
    await timer;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 300) ?? '';
}
