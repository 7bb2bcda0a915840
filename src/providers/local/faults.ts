// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, Files, ProcessSighting } from '../../effects/index.js';
import { cutPower } from '../processes/cut-power.js';
import { marker } from '../processes/machine-processes.js';
import type { HostFaults } from '../provider.js';

/**
 * Faults of machines that are processes of this computer. On its loopback a machine is cut off by standing still: it
 * acknowledges nothing meanwhile, which is less than a partition does.
 *
 * @param rootOf the folder by which a machine's processes are known
 */
export function localFaults(
  deps: { readonly clock: Clock; readonly exec: Exec; readonly files: Files },
  rootOf: (name: string) => string,
): HostFaults {
  const { exec, files } = deps;
  const processesOf = (name: string) => exec.findByEnvironment(marker, rootOf(name));
  const signalAll = async (name: string, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => {
    await Promise.all((await processesOf(name)).map((one) => exec.signal(one, signal)));
  };
  const programOf = async ({ pid }: ProcessSighting) =>
    ((await files.readText(`/proc/${pid}/comm`).catch(() => undefined)) ?? '').trim();
  return {
    cutPower: (name) => cutPower(deps, rootOf(name)),
    freeze: (name) => signalAll(name, 'SIGSTOP'),
    thaw: (name) => signalAll(name, 'SIGCONT'),
    async killProgram(name, program) {
      const all = await processesOf(name);
      const programs = await Promise.all(all.map(programOf));
      const found = all.filter((_, index) => programs[index] === program);
      await Promise.all(found.map((one) => exec.signal(one, 'SIGKILL')));
      return found.length;
    },
  };
}
