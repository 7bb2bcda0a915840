// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, ProcessSighting } from '../../effects/index.js';
import { marker } from './machine-processes.js';

const lookAgainMs = 5;
const goneLimitMs = 10_000;

/** Ends everything of a machine at once. Returns when it is gone. */
export async function cutPower(
  deps: { readonly clock: Clock; readonly exec: Exec },
  root: string,
): Promise<void> {
  const { exec } = deps;
  const struck = await exec.findByEnvironment(marker, root);
  await Promise.all(struck.map((one) => exec.signal(one, 'SIGKILL')));
  for (const one of struck) await untilGone(deps, one);
  const started = await exec.findByEnvironment(marker, root);
  await Promise.all(started.map((one) => exec.signal(one, 'SIGKILL')));
}

/** A process is no child of this one, so that nobody tells when it is gone. */
async function untilGone(
  { clock, exec }: { readonly clock: Clock; readonly exec: Exec },
  one: ProcessSighting,
) {
  const end = clock.monotonic() + goneLimitMs;
  while ((await exec.sight(one.pid))?.startedAt === one.startedAt && clock.monotonic() < end) {
    await clock.sleep(lookAgainMs);
  }
}
