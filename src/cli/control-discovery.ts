// SPDX-License-Identifier: Apache-2.0

import { isDiscoveryPath } from '../bootstrap/index.js';
import type { Handler, Listening, ListenOptions, Log } from '../effects/index.js';
import { type Kv, serveKv, type WatchRequest } from '../etcd/index.js';
import type { Store } from '../store/index.js';
import type { ClusterFolder } from './cluster-folder.js';
import { type DiscoveryService, openDiscoveryService } from './discovery-service.js';
import { discoveryFolder } from './operator-key.js';

/** The discovery service of a control process. */
export interface ControlDiscovery {
  /** Opened when somebody first asks for it: most clusters never do, and an open store costs time and memory. */
  open(): Promise<DiscoveryService>;
  close(): Promise<void>;
}

export function openControlDiscovery(cluster: ClusterFolder, log: Log): ControlDiscovery {
  const opened: { service?: Promise<DiscoveryService> | undefined } = {};
  return {
    open() {
      opened.service ??= openDiscoveryService(discoveryFolder(cluster), log).catch((error: unknown) => {
        opened.service = undefined;
        throw error;
      });
      return opened.service;
    },
    async close() {
      const service = await opened.service?.catch(() => undefined);
      await service?.close();
    },
  };
}

/** Puts discovery on the port of a control process, beside its HTTP face: by path for protocol v2, as gRPC for v3. */
export async function serveWithDiscovery(
  {
    discovery,
    store,
    log,
  }: { readonly discovery: ControlDiscovery; readonly store: Store; readonly log: Log },
  face: Handler,
  at: ListenOptions,
): Promise<Listening> {
  const { open } = discovery;
  const { clusterId, memberId } = store;
  return serveKv(
    {
      kv: lazyKv(async () => (await open()).discovery.kv),
      identity: {
        clusterId,
        memberId,
        name: 'discovery',
        clientUrls: [],
        peerUrls: [],
        version: '3.5.16',
        dbSizeBytes: () => 0,
      },
      log,
      isHttpWhole: true,
      http: async (request, connection) => {
        if (!isDiscoveryPath(new URL(request.url).pathname)) return face(request, connection);
        return (await open()).discovery.handler(request, connection);
      },
    },
    at,
  );
}

/** A `Kv` that is opened by its first call. */
function lazyKv(open: () => Promise<Kv>): Kv {
  return {
    range: async (request) => (await open()).range(request),
    put: async (request) => (await open()).put(request),
    deleteRange: async (request) => (await open()).deleteRange(request),
    txn: async (request) => (await open()).txn(request),
    compact: async (at, options) => (await open()).compact(at, options),
    watch: (request, signal) => ({ [Symbol.asyncIterator]: () => watchLater(open, request, signal) }),
    grantLease: async (ttlSeconds, id) => (await open()).grantLease(ttlSeconds, id),
    revokeLease: async (id) => (await open()).revokeLease(id),
    keepAlive: async (id) => (await open()).keepAlive(id),
    timeToLive: async (id, options) => (await open()).timeToLive(id, options),
    leases: async () => (await open()).leases(),
  };
}

async function* watchLater(open: () => Promise<Kv>, request: WatchRequest, signal: AbortSignal) {
  yield* (await open()).watch(request, signal);
}
