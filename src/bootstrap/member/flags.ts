// SPDX-License-Identifier: Apache-2.0

import type { PeerEntry } from '../../model/index.js';
import { type EtcdVersion, isAtLeast } from './version.js';

/** How etcd is started: on an empty disk, as one of a list, or with the data that it has. */
export type Launch =
  | {
      readonly kind: 'first';
      readonly nonce: string;
      readonly name: string;
      readonly state: 'new' | 'existing';
      readonly token: string;
      readonly initialCluster: readonly PeerEntry[];
    }
  | { readonly kind: 'again'; readonly name: string };

/** A setting of the unit that is not used as it was written. */
export interface FlagProblem {
  /** As in the cloud-config: `listen-client-urls`. */
  readonly key: string;
  readonly message: string;
}

/** Where a member listens, and what it tells others of it: `scheme://address:port`, at least one each. */
export interface MemberUrls {
  readonly listenPeer: readonly string[];
  readonly listenClient: readonly string[];
  readonly advertisePeer: readonly string[];
  readonly advertiseClient: readonly string[];
}

type Environment = Readonly<Record<string, string>>;

/**
 * The URLs that the unit's `ETCD_*` variables ask for, with the machine's own address in place of 0.0.0.0: others cannot
 * use the wildcard, and machines of one computer share it.
 *
 * @param wildcard listened on in its place: the own address, unless the machine has a computer to itself
 */
export function resolveMemberUrls(
  environment: Environment,
  ownAddress: string,
  wildcard = ownAddress,
): { readonly urls: MemberUrls; readonly problems: readonly FlagProblem[] } {
  const own = hostOf(ownAddress);
  const problems: FlagProblem[] = [];
  const read = (key: string, host: string, otherwise: readonly string[]) => {
    const resolved = resolveUrls(environment[variableOf(key)] ?? '', host);
    for (const url of resolved.bad)
      problems.push({ key, message: `"${url}" is no URL like http://ADDRESS:PORT` });
    return resolved.urls.length === 0 ? otherwise : resolved.urls;
  };
  const open = hostOf(wildcard);
  const listenPeer = read('listen-peer-urls', open, [`http://${own}:2380`]);
  const listenClient = read('listen-client-urls', open, [`http://${open}:2379`]);
  const reachable = (urls: readonly string[]) => resolveUrls(urls.join(','), own).urls;
  const advertisePeer = read('initial-advertise-peer-urls', own, reachable(listenPeer));
  const advertiseClient = read('advertise-client-urls', own, reachable(listenClient));
  return { urls: { listenPeer, listenClient, advertisePeer, advertiseClient }, problems };
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function resolveUrls(
  text: string,
  host: string,
): { readonly urls: readonly string[]; readonly bad: readonly string[] } {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const pattern = /^(https?:\/\/)(\[[0-9a-f:.]+\]|[^:/[\]]+)(:\d+)\/?$/i;
  const urls = words.flatMap((word) => {
    const [, scheme = '', name = '', port = ''] = pattern.exec(word) ?? [];
    if (scheme === '') return [];
    return [`${scheme}${name === '0.0.0.0' || name === '[::]' ? host : name}${port}`];
  });
  return { urls: [...new Set(urls)], bad: words.filter((word) => !pattern.test(word)) };
}

export interface MemberFlags {
  /** All of the `ETCD_*` variables to start etcd with, and the unit's other variables. */
  readonly environment: Environment;
  readonly problems: readonly FlagProblem[];
}

/**
 * What etcd is started with. The unit's variables are passed on, unless muster decides them, the version has no such
 * flag, or they would make the member lose writes; those are dropped, each with a problem where somebody meant it.
 */
export function memberFlags(
  launch: Launch,
  unit: Environment,
  where: { readonly dataDir: string; readonly ownAddress: string; readonly wildcard?: string },
  version: EtcdVersion,
): MemberFlags {
  const { urls, problems } = resolveMemberUrls(unit, where.ownAddress, where.wildcard);
  const found: FlagProblem[] = [...problems];
  const passed = Object.entries(unit).flatMap(([variable, value]) => {
    if (!variable.startsWith('ETCD_')) return [[variable, value]];
    const key = keyOf(variable);
    const verdict = judge(key, value, version);
    if (verdict === 'pass') return [[variable, resolveOther(key, value, where.ownAddress)]];
    if (verdict !== 'decided') found.push({ key, message: verdict });
    return [];
  });
  const environment = {
    ...defaults(version),
    ...Object.fromEntries(passed),
    ETCD_LOG_OUTPUTS: 'stderr',
    ETCD_NAME: launch.name,
    ETCD_DATA_DIR: where.dataDir,
    ETCD_LISTEN_PEER_URLS: urls.listenPeer.join(','),
    ETCD_LISTEN_CLIENT_URLS: urls.listenClient.join(','),
    ETCD_ADVERTISE_CLIENT_URLS: urls.advertiseClient.join(','),
    ...launchFlags(launch, urls),
  };
  return { environment, problems: found };
}

function launchFlags(launch: Launch, urls: MemberUrls): Environment {
  if (launch.kind === 'again') {
    return {
      ETCD_INITIAL_ADVERTISE_PEER_URLS: urls.advertisePeer.join(','),
      // Ignored where there is data. Were it gone, the default `new` would found a cluster of its own.
      ETCD_INITIAL_CLUSTER_STATE: 'existing',
    };
  }
  const own = launch.initialCluster.find(({ name }) => name === launch.name);
  return {
    // Must be what the list says of this member.
    ETCD_INITIAL_ADVERTISE_PEER_URLS: (own?.urls ?? urls.advertisePeer).join(','),
    ETCD_INITIAL_CLUSTER: launch.initialCluster
      .flatMap(({ name, urls: peerUrls }) => peerUrls.map((url) => `${name}=${url}`))
      .join(','),
    ETCD_INITIAL_CLUSTER_STATE: launch.state,
    ETCD_INITIAL_CLUSTER_TOKEN: launch.token,
  };
}

/** The logs of 3.4 are read in both formats; in this one its last words have a level. */
function defaults(version: EtcdVersion): Environment {
  return isAtLeast(version, 3, 5) ? { ETCD_PRE_VOTE: 'true' } : { ETCD_PRE_VOTE: 'true', ETCD_LOGGER: 'zap' };
}

/** Set above, whatever the unit says. */
const decided = new Set([
  'name',
  'data-dir',
  'listen-peer-urls',
  'listen-client-urls',
  'advertise-client-urls',
  'initial-advertise-peer-urls',
  'initial-cluster',
  'initial-cluster-state',
  'initial-cluster-token',
  'proxy',
]);

/** Never passed on; the reason is shown. */
const refused: Readonly<Record<string, string>> = {
  'enable-v2': 'snapshots hold no v2 keys, so that `muster down` and recovery would lose them',
  'config-file': 'etcd ignores all other settings then; write them in the section',
  'wal-dir': 'muster keeps the log in the data dir, to tell an empty disk from one with data',
  'log-output': 'muster reads the log to know how the member is',
  'log-outputs': 'muster reads the log to know how the member is',
  'log-format': 'muster reads the log to know how the member is',
  'log-package-levels': 'muster reads the log to know how the member is',
  'unsafe-no-fsync': 'the member would lose writes that it has acknowledged',
};

/** Flags by the minor version of etcd 3 that brought them and the one that took them away. */
const lives: readonly (readonly [pattern: RegExp, from: number, until: number])[] = [
  [/^(ca-file|peer-ca-file|addr|peer-addr|peers|bind-addr|peer-bind-addr)$/, 0, 0],
  [
    /^(cluster-(active-size|remove-delay|sync-interval)|config|force|max-(result-buffer|retry-attempts))$/,
    0,
    0,
  ],
  [/^(peer-(heartbeat-interval|election-timeout)|retry-interval|snapshot|v|vv)$/, 0, 0],
  [/^experimental-enable-v2v3$/, 4, 6],
  [/^v2-deprecation$/, 5, 8],
  [/^listen-client-http-urls$/, 5, 99],
  [/^(experimental-)?max-learners$/, 6, 99],
  [/^feature-gates$/, 6, 99],
  [/^max-snapshots$/, 4, 8],
  [/^experimental-/, 4, 7],
];

function judge(key: string, value: string, version: EtcdVersion): string {
  if (decided.has(key) || /^(discovery|proxy-)/.test(key)) return 'decided';
  const isOn = !/^(false|f|0|)$/i.test(value);
  if (key === 'force-new-cluster') return isOn ? '`muster recover` does it, once and safely' : 'decided';
  if (key === 'strict-reconfig-check' && !isOn) return 'the check is what keeps a quorum; it stays on';
  if (key === 'log-level' && !/^(info|debug)$/.test(value)) {
    return 'muster reads the log to know how the member is, and needs "info" or "debug"';
  }
  if (key === 'logger') return judgeLogger(value, version);
  const reason = refused[key];
  if (reason !== undefined) return reason;
  const life = lives.find(([pattern]) => pattern.test(key));
  if (life === undefined) return 'pass';
  const minor = version.major > 3 ? 99 : version.minor;
  return minor >= life[1] && minor < life[2] ? 'pass' : `etcd ${version.text} has no such setting`;
}

function judgeLogger(value: string, version: EtcdVersion): string {
  if (value === 'zap' || (value === 'capnslog' && !isAtLeast(version, 3, 5))) return 'pass';
  return `etcd ${version.text} has no logger "${value}"`;
}

/** More places to listen at: `listen-metrics-urls` and the like. */
function resolveOther(key: string, value: string, ownAddress: string): string {
  if (!key.endsWith('-urls')) return value;
  const { urls, bad } = resolveUrls(value, hostOf(ownAddress));
  return bad.length === 0 ? urls.join(',') : value;
}

function keyOf(variable: string): string {
  return variable.slice('ETCD_'.length).toLowerCase().replaceAll('_', '-');
}

function variableOf(key: string): string {
  return `ETCD_${key.toUpperCase().replaceAll('-', '_')}`;
}
