// SPDX-License-Identifier: Apache-2.0

import type { ErrorRow, Retry } from '../model/index.js';

/** The HTTP status that the JSON gateway of etcd 3.5 gives to a gRPC status. */
const httpByGrpc: Readonly<Record<number, number>> = {
  1: 499,
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  11: 400,
  12: 501,
  14: 503,
  16: 401,
};

/** One row, its HTTP status derived from the gRPC one. */
export function row(grpcStatus: number, message: string, next: string, retry: Retry = 'never'): ErrorRow {
  return { message, next, httpStatus: httpByGrpc[grpcStatus] ?? 500, grpcStatus, retry };
}
