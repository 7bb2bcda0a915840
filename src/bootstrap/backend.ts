// SPDX-License-Identifier: Apache-2.0

import type { TcpAddress } from '../effects/index.js';
import type { MemberStatus } from '../etcd/index.js';
import type { ClusterMembers } from './cluster-members.js';

/**
 * What is known of one place that clients could be sent to. `unchecked`: nothing yet. `good`: a voter of this cluster that
 * sees a leader. `leaderless`: one that sees none, and so can do little for a client. `learner`: refuses most
 * calls. `foreign`: of another cluster. `away`: does not answer.
 */
export type Health = 'unchecked' | 'good' | 'leaderless' | 'learner' | 'foreign' | 'away';

/** What a check found: `status` is undefined when nobody answered. */
export function healthOf(status: MemberStatus | undefined, clusterId: bigint): Health {
  if (status === undefined) return 'away';
  if (status.clusterId !== clusterId) return 'foreign';
  if (status.isLearner) return 'learner';
  return status.leader === 0n ? 'leaderless' : 'good';
}

/** Where clients may go at all: client URLs of voters that were started, each once. */
export function clientUrlsOf({ members }: ClusterMembers): readonly string[] {
  const voters = members.filter(({ isLearner }) => !isLearner);
  return [...new Set(voters.flatMap(({ clientUrls }) => clientUrls))];
}

/**
 * The order in which a new connection tries them: the good ones, in turn; those without a leader only while no other
 * is left, for reads that need none. Nobody else gets clients.
 */
export function planTargets<B extends { readonly health: Health }>(
  backends: readonly B[],
  turn: number,
): readonly B[] {
  const good = backends.filter(({ health }) => health === 'good');
  const chosen = good.length > 0 ? good : backends.filter(({ health }) => health === 'leaderless');
  const first = chosen.length === 0 ? 0 : turn % chosen.length;
  return [...chosen.slice(first), ...chosen.slice(0, first)];
}

/** Where a client URL leads; `undefined` for one that is none. */
export function findTcpAddress(text: string): TcpAddress | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  const defaultPort = url.protocol === 'https:' ? 443 : 80;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: url.port === '' ? defaultPort : Number(url.port) };
}
