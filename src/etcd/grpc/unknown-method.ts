// SPDX-License-Identifier: Apache-2.0

import type { MusterError } from '../../model/index.js';
import { fail } from '../errors.js';

/** The refusal of a path that no method has, in the words of Go's gRPC library (server.go). */
export function unknownMethod(path: string, known: Iterable<string>): MusterError {
  const parts = /^\/?(.*)\/([^/]*)$/.exec(path);
  const [, service = '', name = ''] = parts ?? [];
  if (service === '') return fail('etcd/unimplemented', { reason: `malformed method name: "${path}"` });
  const isServed = [...known].some((one) => one.startsWith(`/${service}/`));
  const reason = isServed ? `unknown method ${name} for service ${service}` : `unknown service ${service}`;
  return fail('etcd/unimplemented', { reason });
}
