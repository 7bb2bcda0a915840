// SPDX-License-Identifier: Apache-2.0

import { leaseId } from '../../model/index.js';
import { fail } from '../errors.js';
import type { Kv } from '../kv.js';
import { methods } from '../methods.js';
import { decodeHeader } from '../wire/key-value.js';
import type { CallMethod } from './call-method.js';

type LeaseCalls = Pick<Kv, 'grantLease' | 'revokeLease' | 'keepAlive' | 'timeToLive' | 'leases'>;

/** Leases over gRPC. */
export function leaseCalls(call: CallMethod): LeaseCalls {
  return {
    async grantLease(ttlSeconds, id) {
      const wire = await call(methods.grantLease, { TTL: BigInt(Math.trunc(ttlSeconds)), ID: id ?? 0n });
      if (wire.error !== '') throw fail('etcd/unknown', { reason: wire.error });
      return { id: leaseId(wire.ID), ttlSeconds: wire.TTL };
    },
    revokeLease: async (id) => decodeHeader((await call(methods.revokeLease, { ID: id })).header),
    // A stream of its own for each renewal: it ends with its answer and costs what a unary call costs.
    async keepAlive(id) {
      const { TTL } = await call(methods.keepAlive, { ID: id });
      return TTL > 0 ? TTL : undefined;
    },
    async timeToLive(id, options = {}) {
      const wire = await call(methods.timeToLive, { ID: id, keys: options.keys ?? false });
      const { TTL: ttlSeconds, grantedTTL: grantedTtlSeconds, keys } = wire;
      return { id: leaseId(wire.ID), ttlSeconds, grantedTtlSeconds, keys };
    },
    leases: async () => (await call(methods.leases, {})).leases.map(({ ID }) => leaseId(ID)),
  };
}
