// SPDX-License-Identifier: Apache-2.0

import type { Json } from './answers.js';

const text = { type: 'string' };
const states = { ...text, enum: ['inactive', 'loaded', 'launched'] };
const inQuery = { ...text, location: 'query' };
const unitName = { unitName: { ...text, location: 'path', required: true } };
const nextPageToken = { nextPageToken: inQuery };

function schema(id: string, properties: Json): Json {
  return { [id]: { id, type: 'object', properties } };
}

function page(id: string, list: string, of: string): Json {
  return schema(id, { [list]: { type: 'array', items: { $ref: of } }, nextPageToken: text });
}

function method(id: string, httpMethod: string, path: string, parameters: Json, more: Json = {}): Json {
  const parameterOrder = path.includes('{') ? { parameterOrder: ['unitName'] } : {};
  return { id: `fleet.${id}`, httpMethod, path, parameters, ...parameterOrder, ...more };
}

const answers = (of: string) => ({ response: { $ref: of } });

/**
 * The API's description of itself, in Google's discovery format, from which clients are generated.
 *
 * Source: coreos/fleet schema/v1.json, for the names of all that clients know.
 */
export function discoveryDocument(origin: string): Json {
  return {
    kind: 'discovery#restDescription',
    discoveryVersion: 'v1',
    id: 'fleet:v1',
    name: 'schema',
    version: 'v1',
    title: 'fleet API',
    protocol: 'rest',
    baseUrl: `${origin}/fleet/v1/`,
    basePath: '/fleet/v1/',
    rootUrl: `${origin}/`,
    servicePath: 'fleet/v1/',
    schemas: {
      ...schema('Machine', {
        id: text,
        primaryIP: text,
        metadata: { type: 'object', additionalProperties: text },
      }),
      ...page('MachinePage', 'machines', 'Machine'),
      ...schema('UnitOption', { section: text, name: text, value: text }),
      ...schema('Unit', {
        name: text,
        options: { type: 'array', items: { $ref: 'UnitOption' } },
        desiredState: states,
        currentState: states,
        machineID: { ...text, required: true },
      }),
      ...page('UnitPage', 'units', 'Unit'),
      ...schema('UnitState', {
        name: text,
        hash: text,
        machineID: text,
        systemdLoadState: text,
        systemdActiveState: text,
        systemdSubState: text,
      }),
      ...page('UnitStatePage', 'states', 'UnitState'),
    },
    resources: {
      Machines: {
        methods: { List: method('Machine.List', 'GET', 'machines', nextPageToken, answers('MachinePage')) },
      },
      Units: {
        methods: {
          List: method('Unit.List', 'GET', 'units', nextPageToken, answers('UnitPage')),
          Get: method('Unit.Get', 'GET', 'units/{unitName}', unitName, answers('Unit')),
          Delete: method('Unit.Delete', 'DELETE', 'units/{unitName}', unitName),
          Set: method('Unit.Set', 'PUT', 'units/{unitName}', unitName, { request: { $ref: 'Unit' } }),
        },
      },
      UnitState: {
        methods: {
          Get: method('UnitState.Get', 'GET', 'state/{unitName}', unitName, answers('UnitState')),
          List: method(
            'UnitState.List',
            'GET',
            'state',
            { ...nextPageToken, unitName: inQuery, machineID: inQuery },
            answers('UnitStatePage'),
          ),
        },
      },
    },
  };
}
