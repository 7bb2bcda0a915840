// SPDX-License-Identifier: Apache-2.0

import type { MachineEnd } from '../provider.js';
import type { ProcessEnd } from './ends.js';
import { type HostScope, reasonOf } from './host-scope.js';
import { isAlive } from './machine-processes.js';
import { listMachineNames, machineFolder, readRecord } from './machine-record.js';

/** How often a machine is looked at that an earlier process started. */
const lookAgainMs = 1000;

/** See `Host.watchEnds`. Throws what reading the records throws. */
export async function* watchEnds(scope: HostScope, signal: AbortSignal): AsyncGenerator<MachineEnd> {
  const listener = scope.ends.listen();
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const failures: unknown[] = [];
  const looking = lookAtAll(scope, listener.put, until).catch((error: unknown) => {
    failures.push(error);
    done.abort();
  });
  // What ends while the first look is under way is seen by it and told as well.
  const seen = new Set<string>();
  try {
    for await (const { name, reason, main } of listener.read(until)) {
      const key = `${main.pid} ${main.startedAt}`;
      if (!seen.has(key)) yield { name, reason };
      seen.add(key);
    }
  } finally {
    done.abort();
    await looking;
  }
  if (failures.length > 0) throw failures[0];
}

/** Those that ended before, then from time to time those that this process did not start. */
async function lookAtAll(
  scope: HostScope,
  put: (end: ProcessEnd) => void,
  signal: AbortSignal,
): Promise<void> {
  const names = await listMachineNames(scope.deps.files, scope.folder);
  await Promise.all(names.map((name) => lookAt(scope, name, put, signal)));
}

async function lookAt(
  scope: HostScope,
  name: string,
  put: (end: ProcessEnd) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const look = await scope.inLane(name, async () => {
      const main = (await readRecord(scope.deps.files, machineFolder(scope.folder, name)))?.main;
      if (main === undefined) return 'done';
      if (!(await isAlive(scope.deps.exec, main))) {
        put({ name, reason: reasonOf(scope, name, main), main });
        return 'done';
      }
      return scope.children.get(name)?.child.pid === main.pid ? 'done' : 'again';
    });
    if (look === 'done') return;
    await scope.deps.clock.sleep(lookAgainMs, signal);
  }
}
