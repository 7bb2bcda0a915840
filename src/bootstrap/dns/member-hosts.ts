// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import { findTcpAddress } from '../backend.js';
import { findDomainName, isWithin } from './domain-name.js';

/** One URL of a member as DNS can say it. */
export interface MemberHost {
  readonly kind: 'server' | 'client';
  readonly isTls: boolean;
  readonly port: number;
  /** A name, in the domain or not. */
  readonly target: string;
  /** What the target stands for, when it lies in the domain; IP addresses. */
  readonly addresses: readonly string[];
}

/** Labels that a member must not take from the zone itself. */
const reserved = new Set(['ns', 'hostmaster', '_tcp']);
const hostLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Every URL of every member by name. An IP address gets the name of its member in the domain; where clients come in at
 * another address than peers, that one is NAME-client. A URL with a host name keeps it.
 */
export function memberHosts(
  domain: string,
  members: readonly MemberRecord[],
  book: ReadonlyMap<string, readonly string[]>,
): readonly MemberHost[] {
  const labels = labelsOf(members);
  return members.flatMap((member) => {
    const name = `${labels.get(member) ?? idLabel(member)}.${domain}`;
    const peers = member.peerUrls.flatMap(findPlace);
    // Clients are sent to those that can serve them.
    const clients = member.isLearner ? [] : member.clientUrls.flatMap(findPlace);
    const peerIps = ipsOf(peers);
    const clientIps = ipsOf(clients);
    const shared = peerIps.length === 0 || clientIps.every((ip) => peerIps.includes(ip));
    const clientName = shared ? name : `${labels.get(member) ?? idLabel(member)}-client.${domain}`;
    const host = (kind: MemberHost['kind'], { isTls, host, port }: Place): MemberHost => {
      if (!isIp(host)) {
        const known = isWithin(host, domain) ? (book.get(host) ?? [...clientIps, ...peerIps]) : [];
        return { kind, isTls, port, target: host, addresses: known };
      }
      const target = kind === 'server' ? name : clientName;
      return { kind, isTls, port, target, addresses: [host] };
    };
    return [...peers.map((place) => host('server', place)), ...clients.map((place) => host('client', place))];
  });
}

/** Names in the domain and the addresses that the URLs of these members give them: an address book. */
export function memberAddresses(
  domain: string,
  members: readonly MemberRecord[],
): ReadonlyMap<string, readonly string[]> {
  const hosts = memberHosts(domain, members, new Map()).filter(({ addresses }) => addresses.length > 0);
  const names = new Set(hosts.map(({ target }) => target));
  const addressesOf = (name: string) =>
    hosts.filter(({ target }) => target === name).flatMap(({ addresses }) => addresses);
  return new Map([...names].map((name) => [name, [...new Set(addressesOf(name))]]));
}

interface Place {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
}

/** Of a URL that others can use: `0.0.0.0` and names that are none lead nowhere. */
function findPlace(url: string): readonly Place[] {
  const address = findTcpAddress(url);
  if (address === undefined) return [];
  const host = isIp(address.host) ? address.host : findDomainName(address.host);
  if (host === undefined || host === '0.0.0.0' || host === '::') return [];
  return [{ isTls: url.toLowerCase().startsWith('https:'), host, port: address.port }];
}

/** Of a host as a URL has it, which makes sure that what looks like an address is one. */
function isIp(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

function ipsOf(places: readonly Place[]): readonly string[] {
  return [...new Set(places.map(({ host }) => host).filter(isIp))];
}

/** The member's name where it will do and nobody else has it; the others are known by their IDs. */
function labelsOf(members: readonly MemberRecord[]): ReadonlyMap<MemberRecord, string> {
  const wanted = members.map(({ name }) => name.toLowerCase());
  const good = members.filter(({ name }) => {
    const label = name.toLowerCase();
    const isFree = !reserved.has(label) && !label.endsWith('-client');
    return isFree && hostLabel.test(label) && wanted.filter((one) => one === label).length === 1;
  });
  return new Map(good.map((member) => [member, member.name.toLowerCase()]));
}

function idLabel({ id }: MemberRecord): string {
  return `member-${id.toString(16)}`;
}
