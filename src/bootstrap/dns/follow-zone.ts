// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../../effects/index.js';
import type { MemberRecord } from '../../etcd/index.js';
import type { ClusterMembers } from '../cluster-members.js';
import { memberAddresses } from './member-hosts.js';
import { type SrvZone, type SrvZoneOptions, srvZone } from './srv-zone.js';

export interface FollowZoneOptions extends Omit<SrvZoneOptions, 'serial' | 'hosts'> {
  readonly domain: string;
  /**
   * Members that are to be: the zone until a list comes. Afterwards they are the address book, for members that call
   * themselves by names of the zone.
   */
  readonly staticMembers: readonly MemberRecord[];
}

/**
 * The zone of a cluster, each time its members have changed. Serials are seconds since 1970, and one more where that
 * would not grow.
 *
 * @throws `bootstrap/bad-domain`
 */
export async function* followZone(
  { clock }: { readonly clock: Pick<Clock, 'now'> },
  options: FollowZoneOptions,
  lists: AsyncIterable<ClusterMembers>,
): AsyncGenerator<SrvZone, void, undefined> {
  const { domain, staticMembers } = options;
  const hosts = memberAddresses(domain, staticMembers);
  let serial = 0;
  const zoneOf = (members: readonly MemberRecord[]) => {
    serial = Math.max(serial + 1, Math.floor(clock.now() / 1_000));
    return srvZone(domain, members, { ...options, hosts, serial });
  };
  if (staticMembers.length > 0) yield zoneOf(staticMembers);
  for await (const { members } of lists) yield zoneOf(members);
}
