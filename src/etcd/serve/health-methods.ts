// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
} from '../gen/grpc/health/v1/health.js';
import type { Call, Method } from '../grpc/method.js';
import { grpcSpecs } from '../methods-grpc.js';
import { streaming, unary } from './handlers.js';

/** Service grpc.health.v1.Health: the server as a whole (`""`) serves as long as it answers; as in etcd, no other name is known. */
export function healthMethods(): readonly Method[] {
  return [
    unary(grpcSpecs.healthCheck, async ({ service }) => {
      if (service !== '') throw fail('etcd/service-unknown');
      return { status: Status.SERVING };
    }),
    streaming(grpcSpecs.healthWatch, watchHealth),
  ];
}

/** One answer, and then silence until the client goes: the state ends with the server. */
async function* watchHealth(
  requests: AsyncIterable<HealthCheckRequest>,
  call: Call,
): AsyncGenerator<HealthCheckResponse> {
  for await (const { service } of requests) {
    yield { status: service === '' ? Status.SERVING : Status.SERVICE_UNKNOWN };
    break;
  }
  if (call.signal.aborted) return;
  await new Promise((resolve) => call.signal.addEventListener('abort', resolve, { once: true }));
}
