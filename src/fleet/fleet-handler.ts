// SPDX-License-Identifier: Apache-2.0

import type { Clock, Handler, Log } from '../effects/index.js';
import type { UnitRegistry, UnitTable } from '../registry/index.js';
import { emptyAnswer, errorAnswer, type Json, jsonAnswer } from './answers.js';
import { discoveryDocument } from './discovery-document.js';
import { machineEntities, stateEntities, unitEntity, unitNames } from './entities.js';
import { pageOf, parsePage } from './page.js';
import { patchMachines } from './patch-machines.js';
import { putUnit } from './put-unit.js';

export interface FleetDeps {
  readonly units: UnitRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the caller may change units and machines. */
  readonly mayWrite: (request: Request, connection: unknown) => boolean;
}

interface Call {
  readonly deps: FleetDeps;
  readonly request: Request;
  readonly url: URL;
  /** Of what it is about; nothing: the whole list. */
  readonly item: string | undefined;
  /** All of the units; what a walk over pages reads is kept from its first page on. */
  readonly tableFor: (page: number) => Promise<UnitTable>;
}

type Method = (call: Call) => Promise<Response>;

const prefixes = ['/fleet/v1', '/v1-alpha'];
/** For how long pages are taken from the listing that the first of them was of. */
const walkMs = 10_000;

const fleetUrl = /^[a-z]+:\/\/[^/]*\/(fleet\/v1|v1-alpha)(?=[/?#]|$)/;

/** Whether a request to a larger HTTP face is for `fleetHandler`. Cheaper than reading its URL whole. */
export function isFleetUrl(url: string): boolean {
  return fleetUrl.test(url);
}

/**
 * fleet's HTTP API v1: `/fleet/v1/units`, `/state`, `/machines`, `/discovery`, and below its old prefix. A list is told
 * in pages of 100. Never throws.
 *
 * Cost: a listing of all units for the first page of a list, none for the others of the same walk; one transaction for
 * one unit.
 *
 * Source: coreos/fleet api/*.go. A state that is not there is 404, where the original ended the connection.
 */
export function fleetHandler(deps: FleetDeps): Handler {
  const kept: { table?: UnitTable; at: number } = { at: 0 };
  const tableFor = async (page: number) => {
    const now = deps.clock.monotonic();
    if (page > 1 && kept.table !== undefined && now - kept.at < walkMs) return kept.table;
    const table = await deps.units.table();
    if (page === 1) Object.assign(kept, { table, at: now });
    return table;
  };
  return async (request, connection) => {
    const url = new URL(request.url);
    const prefix = prefixes.find((one) => url.pathname.startsWith(one)) ?? '';
    const [, resource = '', ...rest] = url.pathname.slice(prefix.length).split('/');
    if (resource === '' && rest.length === 0) return errorAnswer(405);
    const item = rest.length === 0 ? undefined : findItem(rest);
    const methods = item === '' ? undefined : methodsOf(resource, item !== undefined);
    if (methods === undefined) return errorAnswer(404);
    const method = methods[request.method === 'HEAD' ? 'GET' : request.method];
    if (method === undefined)
      return errorAnswer(405, `only ${Object.keys(methods).join(', ')} supported here`);
    if (!isRead(request) && !deps.mayWrite(request, connection)) return errorAnswer(403, notAllowed);
    try {
      return await method({ deps, request, url, item, tableFor });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      deps.log.warn('a request of the fleet API failed', { path: url.pathname, reason: why });
      return errorAnswer(500, why);
    }
  };
}

const notAllowed =
  'only from the computer of the control process may units be changed; from elsewhere, go through fleetctl --tunnel or muster unit';

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Nothing that can be a name is empty; nor has it a slash. */
function findItem(rest: readonly string[]): string {
  const [item = ''] = rest;
  try {
    return rest.length === 1 ? decodeURIComponent(item) : '';
  } catch {
    return '';
  }
}

function methodsOf(resource: string, hasItem: boolean): Readonly<Record<string, Method>> | undefined {
  switch (`${resource}${hasItem ? '/*' : ''}`) {
    case 'units':
      return { GET: listUnits };
    case 'units/*':
      return {
        GET: getUnit,
        PUT: (call) => putUnit(call.deps.units, call.request, call.item ?? ''),
        DELETE: destroy,
      };
    case 'state':
      return { GET: listStates };
    case 'state/*':
      return { GET: getState };
    case 'machines':
      return { GET: listMachines, PATCH: ({ deps, request }) => patchMachines(deps.units, request) };
    case 'discovery':
      return { GET: async ({ url }) => jsonAnswer(200, discoveryDocument(url.origin)) };
    default:
      return undefined;
  }
}

async function answerList(
  { url, tableFor }: Call,
  key: string,
  list: (table: UnitTable) => readonly unknown[],
  entity: (table: UnitTable, one: unknown) => unknown = (_table, one) => one,
): Promise<Response> {
  const page = parsePage(url.searchParams);
  if (typeof page === 'string') return errorAnswer(400, page);
  const table = await tableFor(page);
  const { items, nextPageToken } = pageOf(list(table), page);
  return jsonAnswer(200, { [key]: items.map((one) => entity(table, one)), nextPageToken });
}

/** Only the units of the page are read whole. */
const listUnits: Method = (call) =>
  answerList(call, 'units', unitNames, (table, name) => unitEntity(table, String(name)));

const listMachines: Method = (call) => answerList(call, 'machines', machineEntities);

const listStates: Method = (call) => {
  const wanted = (key: string) => call.url.searchParams.get(key) || undefined;
  return answerList(call, 'states', (table) => stateEntities(table, wanted('unitName'), wanted('machineID')));
};

const getUnit: Method = async ({ deps, item = '' }) => {
  const found = unitEntity(await deps.units.tableOf(item), item);
  return found === undefined ? errorAnswer(404, 'unit does not exist') : jsonAnswer(200, found);
};

const getState: Method = async ({ deps, item = '' }) => {
  const [found]: readonly (Json | undefined)[] = stateEntities(
    await deps.units.tableOf(item),
    item,
    undefined,
  );
  return found === undefined ? errorAnswer(404, 'unit state does not exist') : jsonAnswer(200, found);
};

const destroy: Method = async ({ deps, item = '' }) => {
  const isDone = await deps.units.destroy(item);
  return isDone ? emptyAnswer(204) : errorAnswer(404, 'unit does not exist');
};
