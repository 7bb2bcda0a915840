// SPDX-License-Identifier: Apache-2.0

import { isMusterError, leaseId } from '../../model/index.js';
import { fail } from '../errors.js';
import type { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from '../gen/etcdserverpb/lease.js';
import type { Method } from '../grpc/method.js';
import type { StoreIdentity } from '../identity.js';
import type { Kv } from '../kv.js';
import { methods } from '../methods.js';
import { streaming, unary } from './handlers.js';
import { currentRevision, headerOf } from './header.js';
import { leaseNeeds } from './needs.js';
import type { ServedParts } from './parts.js';

/** Longer ones are refused by etcd; in seconds. */
const maxTtl = 9_000_000_000n;

/** Service etcdserverpb.Lease over any `Kv`. */
export function leaseMethods({ kv, identity, guard }: ServedParts): readonly Method[] {
  const header = async () => headerOf(identity, await currentRevision(kv));
  return [
    unary(methods.grantLease, async (request, call) => {
      guard.check(call, []);
      if (request.TTL > maxTtl) throw fail('etcd/lease-ttl-too-large');
      const ttlSeconds = Number(request.TTL < 0n ? 0n : request.TTL);
      const granted = await (request.ID === 0n
        ? kv.grantLease(ttlSeconds)
        : kv.grantLease(ttlSeconds, leaseId(request.ID)));
      return { header: await header(), ID: granted.id, TTL: granted.ttlSeconds, error: '' };
    }),
    unary(methods.revokeLease, async (request, call) => {
      const id = leaseId(request.ID);
      if (guard.isOn()) guard.check(call, await leaseNeeds(kv, id));
      const revision = await kv.revokeLease(id);
      return { header: headerOf(identity, revision) };
    }),
    streaming(methods.keepAlive, (requests) => keepAlives(kv, identity, requests)),
    unary(methods.timeToLive, async (request, call) => {
      const id = leaseId(request.ID);
      if (guard.isOn()) {
        guard.check(call, [{ kind: 'somebody' }, ...(await leaseNeeds(kv, id, 'read'))]);
      }
      const info = await kv.timeToLive(id, { keys: request.keys });
      const { ttlSeconds: TTL, grantedTtlSeconds: grantedTTL, keys } = info;
      return { header: await header(), ID: info.id, TTL, grantedTTL, keys };
    }),
    unary(methods.leases, async () => {
      const ids = await kv.leases();
      return { header: await header(), leases: ids.map((ID) => ({ ID })) };
    }),
  ];
}

/** One answer for each request, in order; a lease that is gone is answered with a TTL of 0. */
async function* keepAlives(
  kv: Kv,
  identity: StoreIdentity,
  requests: AsyncIterable<LeaseKeepAliveRequest>,
): AsyncGenerator<LeaseKeepAliveResponse> {
  for await (const { ID } of requests) {
    // Asked first: a revision after the renewal could be later than the lease's end.
    const header = headerOf(identity, await currentRevision(kv));
    const TTL = await kv.keepAlive(leaseId(ID)).catch((error: unknown) => {
      if (isMusterError(error, 'etcd/lease-not-found')) return undefined;
      throw error;
    });
    yield { header, ID, TTL: TTL ?? 0 };
  }
}
