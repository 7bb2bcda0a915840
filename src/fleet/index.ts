// SPDX-License-Identifier: Apache-2.0

/**
 * fleet: the HTTP API v1 of fleet over the registry, for `fleetctl --driver=API` and whatever else speaks it.
 *
 *   request ── fleetHandler ──▶ registry.units ── engine, agents ──▶ states ── fleetHandler ──▶ answer
 *
 * Reads are for everybody, as the status is; writes only for those that the caller of this room names. It decides
 * nothing about units: it checks them as `muster unit` does, and writes what was asked.
 */
export { type FleetDeps, fleetHandler, isFleetUrl } from './fleet-handler.js';
