// SPDX-License-Identifier: Apache-2.0

import { realClock, timeLimit } from '../effects/index.js';
import { fail } from './errors.js';
import type { Session } from './session.js';

const powerOffLimitMs = 30_000;

/**
 * Powers machines off through the engine, so that it is an order like any other. Returns when they are off, when the
 * engine has reported that it could not, or after half a minute.
 *
 * @param names machines; all that the engine knows when left out
 * @param request the revision of the request to seal that must still stand
 * @throws `cli/up-meanwhile`, and nothing was asked
 */
export async function powerOffMachines(
  session: Session,
  names?: readonly string[],
  request?: number,
): Promise<void> {
  const { machines, snapshot, watch } = session.registry;
  const { lives, orders } = await snapshot();
  // One that was only just ordered on has no life yet.
  const known = new Set([...lives.keys(), ...orders.keys()]);
  const chosen = [...known].filter((name) => names === undefined || names.includes(name));
  const now = realClock.now();
  const order =
    request === undefined
      ? await machines.order(chosen, 'off', now)
      : await machines.orderWhile(request, chosen, 'off', now);
  if (order === undefined) throw fail('cli/up-meanwhile');
  for await (const view of watch(timeLimit(powerOffLimitMs))) {
    if (view.kind === 'away') return;
    const { lives } = view.snapshot;
    if (chosen.every((name) => (lives.get(name)?.handledOrder ?? 0) >= order)) return;
  }
}
