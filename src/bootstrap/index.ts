// SPDX-License-Identifier: Apache-2.0

/**
 * bootstrap: how a machine finds its cluster and reaches it: the local proxy, for machines that are no members,
 * and the discovery service and the DNS, by which foreign machines find each other and a cluster.
 */
export { type AskMember, type AskMemberOptions, askMember, type MemberSource } from './ask-member.js';
export {
  type BootstrapChoice,
  type BootstrapWarning,
  chooseBootstrap,
  type MemberSection,
} from './choose-bootstrap.js';
export type { ClusterMembers } from './cluster-members.js';
export {
  type Discovery,
  type DiscoveryDeps,
  type DiscoveryOptions,
  openDiscovery,
} from './discovery/discovery.js';
export { isDiscoveryPath } from './discovery/handler.js';
export type { SlotView, TokenView } from './discovery/operator-answers.js';
export type { Reservation } from './discovery/reserve.js';
export { answerQuery, type DnsTransport } from './dns/answer-query.js';
export { type FollowZoneOptions, followZone } from './dns/follow-zone.js';
export { memberAddresses } from './dns/member-hosts.js';
export { type DnsServerDeps, type DnsServerOptions, runDnsServer } from './dns/run-dns-server.js';
export { type SrvZone, type SrvZoneOptions, srvZone, type ZoneRecord } from './dns/srv-zone.js';
export { parseStaticMember } from './dns/static-member.js';
export { renderZoneFile } from './dns/zone-file.js';
export { bootstrapErrors } from './errors.js';
export {
  type FollowMembersDeps,
  type FollowMembersOptions,
  followMembers,
  type MemberFeed,
} from './follow-members.js';
export {
  type FlagProblem,
  type Launch,
  type MemberFlags,
  type MemberUrls,
  memberFlags,
  resolveMemberUrls,
} from './member/flags.js';
export {
  initialMember,
  type MemberAction,
  type MemberEvent,
  type MemberState,
  type OrderAt,
  stepMember,
} from './member/member-process.js';
export type { FetchSnapshot } from './member/restore.js';
export { type MemberDeps, type MemberOptions, runMember } from './member/run-member.js';
export { type EtcdVersion, readVersion } from './member/version.js';
export { type ProxyDeps, type ProxyOptions, runProxy } from './proxy.js';
