// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import { findDomainName, parseDomainName } from './domain-name.js';
import { type MemberHost, memberHosts } from './member-hosts.js';

export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long others may keep that there is nothing, in seconds. */
  readonly minimum: number;
}

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** One record. Names are lower case and whole, without the dot at the end. */
export type ZoneRecord =
  | { readonly name: string; readonly type: 'A' | 'AAAA' | 'NS'; readonly ttl: number; readonly data: string }
  | { readonly name: string; readonly type: 'SRV'; readonly ttl: number; readonly data: SrvData }
  | { readonly name: string; readonly type: 'SOA'; readonly ttl: number; readonly data: SoaData };

/** All that is said of one domain; the SOA comes first. */
export interface SrvZone {
  readonly domain: string;
  readonly records: readonly ZoneRecord[];
}

export interface SrvZoneOptions {
  /** `--discovery-srv-name`: with it, only names that carry it are there, as etcd asks for no others then. */
  readonly suffix?: string;
  /** Of every record; 10 when left out. */
  readonly ttlSeconds?: number;
  /** Must grow with each change; 32 bits. */
  readonly serial: number;
  /** Who answers for the domain; `ns` in it when left out. */
  readonly nameServer?: string;
  /** IP addresses of the name server, when its name lies in the domain. */
  readonly nameServerAddresses?: readonly string[];
  /**
   * Addresses of names in the domain that no URL of the list tells: a member that bootstrapped from this zone names
   * itself by it.
   */
  readonly hosts?: ReadonlyMap<string, readonly string[]>;
}

/**
 * Makes the zone in which etcd and its clients find a cluster: `_etcd-server` for every member, `_etcd-client` for the
 * voters that were started, with `-ssl` where the URL says https, and an address for every name in the domain. A
 * member's name must do as a host's name, else it is known by its ID.
 *
 * Source of the names: etcd-io/etcd 3.5, client/pkg/srv/srv.go
 *
 * @throws `bootstrap/bad-domain`
 */
export function srvZone(domain: string, members: readonly MemberRecord[], options: SrvZoneOptions): SrvZone {
  const origin = parseDomainName(domain);
  const { ttlSeconds: ttl = 10, serial, nameServer = `ns.${origin}` } = options;
  const suffix = options.suffix === undefined || options.suffix === '' ? '' : `-${options.suffix}`;
  const service = (kind: 'server' | 'client', isTls: boolean) =>
    parseDomainName(`_etcd-${kind}${isTls ? '-ssl' : ''}${suffix}._tcp.${origin}`);
  const hosts = memberHosts(origin, members, options.hosts ?? new Map());
  const mname = findDomainName(nameServer) ?? parseDomainName(nameServer);
  const soa: SoaData = {
    mname,
    rname: `hostmaster.${origin}`,
    serial,
    refresh: ttl,
    retry: ttl,
    expire: 86_400,
    minimum: ttl,
  };
  const srv = ({ kind, isTls, port, target }: MemberHost): ZoneRecord => {
    const data = { priority: 0, weight: 0, port, target };
    return { name: service(kind, isTls), type: 'SRV', ttl, data };
  };
  const addresses = (name: string, list: readonly string[]): readonly ZoneRecord[] =>
    list.map((data) => ({ name, type: data.includes(':') ? 'AAAA' : 'A', ttl, data }));
  return {
    domain: origin,
    records: unique([
      { name: origin, type: 'SOA', ttl, data: soa },
      { name: origin, type: 'NS', ttl, data: mname },
      ...addresses(mname, options.nameServerAddresses ?? []),
      ...hosts.filter(({ kind }) => kind === 'server').map(srv),
      ...hosts.filter(({ kind }) => kind === 'client').map(srv),
      ...hosts.flatMap(({ target, addresses: list }) => addresses(target, list)),
    ]),
  };
}

function unique(records: readonly ZoneRecord[]): readonly ZoneRecord[] {
  return [...new Map(records.map((record) => [JSON.stringify(record), record])).values()];
}
