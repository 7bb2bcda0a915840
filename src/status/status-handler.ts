// SPDX-License-Identifier: Apache-2.0

import { Hono } from 'hono';
import type { Handler } from '../effects/index.js';
import { isMusterError } from '../model/index.js';
import type { ClusterStatus } from './cluster-status.js';

export interface StatusHandlerDeps {
  /** The status now. May ask the store. */
  readonly status: () => Promise<ClusterStatus>;
  readonly version: string;
}

/**
 * The read-only HTTP face: `GET /status` (the whole `ClusterStatus`), `GET /health` (200 while this process
 * serves), `GET /version`. Answers hold no secret.
 */
export function statusHandler(deps: StatusHandlerDeps): Handler {
  const app = new Hono();
  app.get('/status', async (context) => context.json(await deps.status()));
  app.get('/health', (context) => context.json({ health: 'true' }));
  app.get('/version', (context) => context.json({ muster: deps.version }));
  app.onError((error) => {
    if (!isMusterError(error)) throw error;
    return new Response(`${error.message}\n${error.next}\n`, { status: error.httpStatus });
  });
  return async (request) => app.fetch(request);
}
