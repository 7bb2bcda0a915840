// SPDX-License-Identifier: Apache-2.0

import type { Clock, ForwardTcp, Log, TcpAddress } from '../effects/index.js';
import type { AskMember } from './ask-member.js';
import { findTcpAddress } from './backend.js';
import { fail } from './errors.js';
import { followMembers } from './follow-members.js';
import { openBackends } from './open-backends.js';

export interface ProxyDeps {
  readonly forwardTcp: ForwardTcp;
  readonly ask: AskMember;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ProxyOptions {
  /** `ETCD_LISTEN_CLIENT_URLS`: a comma list; `http://0.0.0.0:2379` is where the wildcard says. */
  readonly listenClientUrls: string;
  /** In place of 0.0.0.0: the machine's own address, where machines of one computer share the wildcard. */
  readonly wildcard: string;
  /** Client URLs to begin with. */
  readonly endpoints: readonly string[];
  /** Peer URLs to begin with, as `initial-cluster` has them. */
  readonly peerUrls?: readonly string[];
  /** The only cluster that clients may reach; left out: the one that answers first. */
  readonly clusterId?: bigint;
}

/**
 * Lets programs on a machine that is no member reach the store at the usual address. Carries bytes, so it passes
 * every protocol the store speaks, to the voters of the cluster in turn, whoever they are by then: the member list
 * is followed. A connection that comes while no member is well waits a while for one. Resolves once
 * `signal` fired.
 *
 * @throws `bootstrap/bad-url`; `bootstrap/cannot-listen` with the address and the system's word for why
 */
export async function runProxy(
  deps: ProxyDeps,
  options: ProxyOptions,
  onReady: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { endpoints: clientUrls, peerUrls = [], clusterId } = options;
  for (const url of [...clientUrls, ...peerUrls]) addressOf(url);
  const sources = options.listenClientUrls
    .split(',')
    .map((url) => listenAddressOf(url.trim()))
    .map((address) => (isWildcard(address.host) ? { ...address, host: options.wildcard } : address));
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const from = { clientUrls, peerUrls, ...(clusterId === undefined ? {} : { clusterId }) };
  const feed = followMembers(deps, from, until);
  const routes = openBackends(deps, { checkEveryMs: 5_000, waitMs: 10_000 }, feed.lookAgain, until);
  const following = (async () => {
    for await (const list of feed) routes.update(list);
  })();
  let readyCount = 0;
  const onOneReady = () => {
    readyCount += 1;
    if (readyCount === sources.length) onReady();
  };
  const forwards = sources.map(async (source) => {
    try {
      await deps.forwardTcp(source, routes, onOneReady, until);
    } catch (error) {
      failed.abort();
      const details = { address: `${source.host}:${source.port}`, why: String(error) };
      throw fail('bootstrap/cannot-listen', details, error);
    }
  });
  const ends = await Promise.allSettled([...forwards, following]);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function addressOf(text: string): TcpAddress {
  const address = findTcpAddress(text);
  if (address === undefined) throw fail('bootstrap/bad-url', { url: text });
  return address;
}

/** Without a certificate of its own it can only promise plain text. */
function listenAddressOf(text: string): TcpAddress {
  if (!text.startsWith('http:')) throw fail('bootstrap/bad-url', { url: text });
  return addressOf(text);
}
