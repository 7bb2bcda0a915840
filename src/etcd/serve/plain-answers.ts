// SPDX-License-Identifier: Apache-2.0

import type { Handler } from '../../effects/index.js';
import { isGatewayPath } from '../gateway/routes.js';
import { type PlainAnswer, type PlainListener, refusal, sendAnswer } from '../grpc/plain.js';
import type { StoreIdentity } from '../identity.js';
import type { Kv } from '../kv.js';
import type { Maintenance } from '../member.js';
import { once } from '../schema/once.js';
import { findCheck, healthAnswer } from './health-checks.js';

export interface PlainDeps {
  readonly kv: Kv;
  readonly identity: StoreIdentity;
  readonly maintenance: Maintenance | undefined;
  /** Answers `/v3/…`. */
  readonly gateway: PlainListener;
  /** Answers `/metrics`. */
  readonly metrics: () => Promise<PlainAnswer>;
  /** Answers every other path. */
  readonly rest: Handler | undefined;
  /** Leaves `/version`, `/health` and the like to `rest` as well. */
  readonly isRestWhole: boolean;
}

/** What the port serves without gRPC: the gateway, what etcd tells of itself, and whatever else was handed in. */
export function plainListener(deps: PlainDeps): PlainListener {
  const rest = once(() => listenerOf(deps.rest));
  const own: Readonly<Record<string, (query: URLSearchParams) => PlainAnswer | Promise<PlainAnswer>>> = {
    '/version': () => versionAnswer(deps.identity),
    '/health': (query) => healthAnswer(deps, query),
    '/metrics': deps.metrics,
  };
  return async (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const find = () => (Object.hasOwn(own, path) ? own[path] : findCheck(deps, path));
    const answer = deps.isRestWhole ? undefined : find();
    const isGateway = isGatewayPath(path);
    const isOwn = isGateway || answer !== undefined || deps.rest === undefined;
    if (isOwn && request.method === 'OPTIONS')
      return sendAnswer(response, { status: 200, type: '', body: '' });
    if (isGateway) return deps.gateway(request, response);
    if (answer === undefined) return (await rest())(request, response);
    const isGet = request.method === 'GET';
    sendAnswer(
      response,
      isGet ? await answer(new URLSearchParams(query)) : refusal(405, 'Method Not Allowed', { allow: 'GET' }),
    );
  };
}

/** Loaded with the first request that wants it: a handler's Request and Response take 30 ms to load. */
async function listenerOf(handler: Handler | undefined): Promise<PlainListener> {
  if (handler === undefined)
    return async (_, response) => sendAnswer(response, refusal(404, '404 page not found'));
  const { getRequestListener } = await import('@hono/node-server');
  return getRequestListener((request, connection) => handler(request, connection));
}

function versionAnswer({ version }: StoreIdentity): PlainAnswer {
  const etcdcluster = version.replace(/\.\d+$/, '.0');
  return { status: 200, body: JSON.stringify({ etcdserver: version, etcdcluster }) };
}
