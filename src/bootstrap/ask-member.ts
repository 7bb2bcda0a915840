// SPDX-License-Identifier: Apache-2.0

import type { HttpGet } from '../effects/index.js';
import { type ClientTls, connect, type EtcdClient, type MemberStatus } from '../etcd/index.js';
import { isMusterError } from '../model/index.js';
import { type ClusterMembers, decodeMembers, parsePeerMembers } from './cluster-members.js';
import { fail } from './errors.js';

/** Where a member list can be had. */
export interface MemberSource {
  /**
   * `client`: over etcd's API, as a quorum has it. `peer`: from what one member knows, quorum or not, at the URL where
   * members reach each other; proof of nothing, but an address to begin with.
   */
  readonly kind: 'client' | 'peer';
  readonly url: string;
}

/** Questions to a member, one connection for each; every one rejects within a few seconds at the latest. */
export interface AskMember {
  list(source: MemberSource, signal: AbortSignal): Promise<ClusterMembers>;
  /** Of whoever serves this client URL. */
  status(clientUrl: string): Promise<MemberStatus>;
}

export interface AskMemberOptions {
  /** Of one question. */
  readonly timeoutMs: number;
  readonly tls?: ClientTls;
}

/** No list is longer than this. */
const maxListBytes = 1024 * 1024;

export function askMember(
  deps: { readonly httpGet: HttpGet },
  options: AskMemberOptions = { timeoutMs: 2_000 },
): AskMember {
  const withClient = async <T>(
    url: string,
    use: (client: EtcdClient) => Promise<T>,
    signal?: AbortSignal,
  ) => {
    const client = connect([url], { ...options, maxMessageBytes: maxListBytes });
    const close = () => void client.close();
    signal?.addEventListener('abort', close, { once: true });
    try {
      return await use(client);
    } finally {
      signal?.removeEventListener('abort', close);
      await client.close();
    }
  };
  return {
    list: (source, signal) =>
      source.kind === 'peer'
        ? listOfPeer(deps.httpGet, source.url, options.timeoutMs, signal)
        : withClient(source.url, (client) => listOfCluster(client, source.url), signal),
    status: (url) => withClient(url, (client) => client.status()),
  };
}

async function listOfCluster(client: EtcdClient, url: string): Promise<ClusterMembers> {
  const { clusterId, version } = await client.status();
  // It answers from what it knows, unless a read that needs the quorum went before on the same connection.
  if (/^3\.[0-4]\./.test(version)) await readThroughQuorum(client);
  const list = (await client.memberList()).map(({ id, name, peerUrls, clientUrls, isLearner }) => ({
    id,
    name,
    peerURLs: [...peerUrls],
    clientURLs: [...clientUrls],
    isLearner,
  }));
  return { clusterId, members: decodeMembers(list, url) };
}

async function readThroughQuorum(client: EtcdClient): Promise<void> {
  try {
    await client.range({ key: Uint8Array.of(0), countOnly: true });
  } catch (error) {
    // A refusal, for want of a user for example, comes after the quorum was asked.
    if (!isMusterError(error) || error.retry !== 'never') throw error;
  }
}

/** Source: etcd-io/etcd 3.4 and 3.5, server/etcdserver/api/etcdhttp/peer.go */
async function listOfPeer(
  httpGet: HttpGet,
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ClusterMembers> {
  const source = `${url.replace(/\/+$/, '')}/members`;
  const answer = await httpGet(source, { timeoutMs, signal, maxBytes: maxListBytes });
  const clusterId = answer.headers['x-etcd-cluster-id'] ?? '';
  if (answer.status !== 200 || !/^[0-9a-f]{1,16}$/i.test(clusterId)) {
    throw fail('bootstrap/bad-member-list', { source, why: `status ${answer.status}, no cluster ID` });
  }
  const members = parsePeerMembers(Buffer.from(answer.body).toString('utf8'), source);
  return { clusterId: BigInt(`0x${clusterId}`), members };
}
