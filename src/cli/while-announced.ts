// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../effects/index.js';
import type { MachineId } from '../model/index.js';
import type { Registry } from '../registry/index.js';

const lookAgainMs = 1_000;

/**
 * Calls `announce`, which keeps a machine announced until its signal fires, and calls it again when somebody deleted the
 * machine's record although its lease lives: `etcdctl del` must not make a healthy machine vanish for good.
 */
export async function whileAnnounced(
  registry: Registry,
  id: MachineId | undefined,
  announce: (until: AbortSignal) => Promise<void>,
  lost: AbortSignal,
): Promise<void> {
  if (id === undefined) return announce(lost);
  while (!lost.aborted) {
    const gone = new AbortController();
    const until = AbortSignal.any([lost, gone.signal]);
    const watching = watchRecord(registry, id, until).then(() => gone.abort());
    try {
      await announce(until);
    } finally {
      gone.abort();
      await watching;
    }
  }
}

/** The first look comes when the record has had time to be written. */
async function watchRecord(registry: Registry, id: MachineId, until: AbortSignal): Promise<void> {
  for (;;) {
    await realClock.sleep(lookAgainMs, until);
    if (until.aborted) return;
    // A store that is away says nothing of the record; the lease tells when it was away for too long.
    const isGone = await registry.machines.untilGone(id, until).then(
      () => true,
      () => false,
    );
    if (isGone) return;
  }
}
