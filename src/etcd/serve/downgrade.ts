// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';
import {
  DowngradeRequest_DowngradeAction as Action,
  type DowngradeRequest,
} from '../gen/etcdserverpb/maintenance.js';

/**
 * The cluster version, when a downgrade to one minor version below is only asked about. The embedded store keeps
 * its own format in every version, so nothing is ever under way.
 *
 * Source of the order of refusals: etcd-io/etcd, server/etcdserver/v3_server.go, 3.5.
 */
export function answerDowngrade(request: DowngradeRequest, version: string): string {
  const isKnown = Object.values(Action).includes(request.action);
  if (!isKnown) throw fail('etcd/unknown', { reason: 'etcdserver: unknown method' });
  if (request.action === Action.CANCEL) throw fail('etcd/no-inflight-downgrade');
  const target = /^(\d+)\.(\d+)(?:\.\d+(?:-[^+]*)?(?:\+.*)?)?$/.exec(request.version);
  if (target === null) throw fail('etcd/downgrade-version-format');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (Number(target[1]) !== major || Number(target[2]) !== minor - 1) {
    throw fail('etcd/downgrade-version-invalid');
  }
  if (request.action === Action.ENABLE) throw fail('etcd/single-member');
  return `${major}.${minor}.0`;
}
