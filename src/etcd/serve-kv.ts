// SPDX-License-Identifier: Apache-2.0

import type { Handler, Listening, ListenOptions, Log } from '../effects/index.js';
import type { Auth } from './auth.js';
import { serveGateway } from './gateway/serve-gateway.js';
import { serveGrpc } from './grpc/server.js';
import type { ServerTls } from './grpc/server-tls.js';
import type { StoreIdentity } from './identity.js';
import type { Kv } from './kv.js';
import type { Cluster, Maintenance } from './member.js';
import { callCounts } from './metrics/call-counts.js';
import type { Figure } from './metrics/figure.js';
import { identityFigures } from './metrics/identity-figures.js';
import { metricsAnswer } from './metrics/metrics-answer.js';
import { once } from './schema/once.js';
import { loadSchema } from './schema/schema.js';
import { authMethods } from './serve/auth-methods.js';
import { guardOf } from './serve/guard.js';
import { healthMethods } from './serve/health-methods.js';
import { kvMethods } from './serve/kv-methods.js';
import { leaseMethods } from './serve/lease-methods.js';
import { maintenanceMethods } from './serve/maintenance-methods.js';
import { memberMethods } from './serve/member-methods.js';
import type { RequestChecks } from './serve/parts.js';
import { plainListener } from './serve/plain-answers.js';
import { reflectionMethods } from './serve/reflection-methods.js';
import { watchMethods } from './serve/watch-methods.js';

export interface ServeKvDeps {
  readonly kv: Kv;
  readonly identity: StoreIdentity;
  readonly log: Log;
  /** Left out: its methods but for Status, MoveLeader and Downgrade are answered with UNIMPLEMENTED. */
  readonly maintenance?: Maintenance;
  /** Left out: peer URLs cannot be changed. */
  readonly cluster?: Cluster;
  /** Left out: every caller may do everything, and its methods are answered with etcd's UNIMPLEMENTED. */
  readonly auth?: Auth;
  /** Asked before `auth`, so that who may not learns what etcd tells; left out: `kv` checks, after it. */
  readonly checks?: RequestChecks;
  /**
   * Answers plain HTTP but for `/v3/…`, `/version`, `/health`, `/metrics`, `/livez` and `/readyz`, which are muster's
   * own: `/v2/…`. Left out: 404.
   */
  readonly http?: Handler;
  /** All of plain HTTP but `/v3/…` is for `http`, `/version` and `/health` too; false when left out. */
  readonly isHttpWhole?: boolean;
  /** What `/metrics` tells of the store; calls, version and process are added. */
  readonly figures?: readonly Figure[];
  /** Left out: without TLS. */
  readonly tls?: ServerTls;
}

/** etcd takes requests up to its write limit plus this much around them. */
const maxMessageBytes = 2 * 1024 * 1024;

/**
 * Puts any `Kv` behind an endpoint that stock etcd clients use: gRPC over HTTP/2, and on the same port over either
 * version of HTTP the JSON gateway under `/v3/`, `/version` and `/health`. What `kv` throws goes out with etcd's
 * text and status.
 *
 * `close` ends every connection and resolves when no call is left in `kv`, so that it can be closed next.
 * A taken port is thrown as Node's error (`EADDRINUSE`, `EACCES`).
 */
export async function serveKv(deps: ServeKvDeps, options: ListenOptions): Promise<Listening> {
  const { kv, log, maintenance, auth, tls } = deps;
  const own = { url: '' };
  const identity = withOwnUrl(deps.identity, () => own.url);
  const schema = once(loadSchema);
  const parts = { kv, identity, guard: guardOf(auth), checks: deps.checks };
  const methods = [
    ...kvMethods(parts),
    ...watchMethods(parts),
    ...leaseMethods(parts),
    ...memberMethods(parts, deps.cluster),
    ...maintenanceMethods(parts, maintenance),
    ...(auth === undefined ? [] : authMethods(parts, auth)),
    ...healthMethods(),
    ...reflectionMethods(schema),
  ];
  const counts = callCounts(methods);
  const metrics = metricsAnswer([...identityFigures(identity), ...counts.figures, ...(deps.figures ?? [])]);
  const gateway = serveGateway({ methods, schema, maxMessageBytes });
  const plain = plainListener({
    kv,
    identity,
    maintenance,
    gateway,
    metrics,
    rest: deps.http,
    isRestWhole: deps.isHttpWhole ?? false,
  });
  const listening = await serveGrpc({ methods, log, plain, counts, maxMessageBytes, tls }, options);
  own.url = listening.url;
  return listening;
}

/** Nothing is copied: the identity may be made of getters. */
function withOwnUrl(identity: StoreIdentity, ownUrl: () => string): StoreIdentity {
  return Object.create(identity, {
    clientUrls: {
      get: () => (identity.clientUrls.length > 0 ? identity.clientUrls : [ownUrl()]),
    },
  });
}
