// SPDX-License-Identifier: Apache-2.0

import { type Handler, isOwnCaller, type Log, realClock } from '../effects/index.js';
import { fleetHandler, isFleetUrl } from '../fleet/index.js';
import type { Registry } from '../registry/index.js';

/**
 * Puts fleet's HTTP API before a face of the control process. Whoever can place a unit is root on a machine, so only
 * those may who could as well start a control process: callers on this computer. At the door for machines nobody may,
 * since a virtual machine comes from this computer's own address there.
 */
export function withFleetApi(
  { registry, log, isDoor }: { readonly registry: Registry; readonly log: Log; readonly isDoor: boolean },
  face: Handler,
): Handler {
  const handler = fleetHandler({
    units: registry.units,
    clock: realClock,
    log,
    mayWrite: (request, connection) => !isDoor && isOwnCaller(request, connection),
  });
  return (request, connection) =>
    isFleetUrl(request.url) ? handler(request, connection) : face(request, connection);
}
