// SPDX-License-Identifier: Apache-2.0

import { etcdErrors, fail } from '../errors.js';
import type { Member } from '../gen/etcdserverpb/cluster.js';
import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import type { Method } from '../grpc/method.js';
import type { StoreIdentity } from '../identity.js';
import type { Cluster } from '../member.js';
import { methods } from '../methods.js';
import { memberSpecs } from '../methods-member.js';
import { unary } from './handlers.js';
import { headerOf } from './header.js';
import { adminNeeds } from './needs.js';
import type { ServedParts } from './parts.js';

interface MemberView {
  readonly header: ResponseHeader;
  readonly members: Member[];
}

/**
 * Service etcdserverpb.Cluster of a store that is alone in its cluster: what one etcd refuses is refused alike,
 * and the second member, which one etcd would take, is refused as well.
 */
export function memberMethods(parts: ServedParts, cluster: Cluster | undefined): readonly Method[] {
  const { identity, guard } = parts;
  const view = (): MemberView => ({ header: headerOf(identity, 0), members: [selfOf(identity)] });
  return [
    unary(methods.memberList, async () => view()),
    unary(memberSpecs.memberAdd, async ({ peerURLs, isLearner }, call) => {
      const urls = checkPeerUrls(peerURLs);
      guard.check(call, adminNeeds);
      if (urls.some((url) => identity.peerUrls.includes(url))) throw fail('etcd/peer-url-exists');
      throw fail(isLearner ? 'etcd/too-many-learners' : 'etcd/single-member');
    }),
    unary(memberSpecs.memberRemove, async ({ ID }, call) => {
      guard.check(call, adminNeeds);
      checkMember(identity, ID);
      // Without it no voter would be left. etcd has the text, but forgets its status.
      throw fail('etcd/unknown', { reason: etcdErrors['etcd/member-not-enough-started'].message });
    }),
    unary(memberSpecs.memberUpdate, async ({ ID, peerURLs }, call) => {
      guard.check(call, adminNeeds);
      checkMember(identity, ID);
      if (cluster === undefined) throw fail('etcd/single-member');
      // etcd does not look at them.
      await cluster.setPeerUrls(peerURLs);
      return view();
    }),
    unary(memberSpecs.memberPromote, async ({ ID }, call) => {
      guard.check(call, adminNeeds);
      checkMember(identity, ID);
      throw fail('etcd/member-not-learner');
    }),
  ];
}

function selfOf(identity: StoreIdentity): Member {
  return {
    ID: identity.memberId,
    name: identity.name,
    peerURLs: identity.peerUrls,
    clientURLs: identity.clientUrls,
    isLearner: false,
  };
}

function checkMember(identity: StoreIdentity, id: bigint): void {
  if (id !== identity.memberId) throw fail('etcd/member-not-found');
}

/** `http`, `https` or a socket's path, with a port and no path behind it; sorted, as etcd keeps them. */
function checkPeerUrls(urls: readonly string[]): readonly string[] {
  if (urls.length === 0 || !urls.every(isPeerUrl)) throw fail('etcd/member-bad-urls');
  return [...urls].sort();
}

function isPeerUrl(text: string): boolean {
  return URL.canParse(text) && /^(?:(?:https?:\/\/[^/]+:\d+)|(?:unixs?:\/\/[^/]+))$/.test(text);
}
