// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { AskMember, MemberSource } from './ask-member.js';
import { areSameMembers, type ClusterMembers } from './cluster-members.js';
import { firstAnswer } from './first-answer.js';

export interface FollowMembersDeps {
  readonly ask: Pick<AskMember, 'list'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FollowMembersOptions {
  /** Where to begin. Later ones are learnt from the list itself, and these are the last resort. */
  readonly clientUrls: readonly string[];
  readonly peerUrls: readonly string[];
  /** The only cluster to be believed; left out: that of the first answer. */
  readonly clusterId?: bigint;
  /** etcd cannot be watched for this, so it is looked at again after so long; 5000 when left out. */
  readonly everyMs?: number;
}

/** The member list, each time it has changed; iterated once. */
export interface MemberFeed extends AsyncIterable<ClusterMembers> {
  /** To be called when a connection failed, or the list is doubted otherwise: it is looked at at once. */
  lookAgain(): void;
}

/** While nobody answers. */
const retryMs = 1_000;
/** However often it is asked to look again. */
const atMostEveryMs = 100;
/** What one source may take before the next is asked too. */
const patienceMs = 300;

/**
 * Follows the members of a cluster through whichever of them can be reached, so that it survives the replacement of
 * all of them one after another. A list without a quorum behind it counts only until there was one with. What does
 * not answer, or answers for another cluster, is passed over.
 */
export function followMembers(
  { ask, clock, log }: FollowMembersDeps,
  options: FollowMembersOptions,
  signal: AbortSignal,
): MemberFeed {
  const state: {
    wake: AbortController;
    known: ClusterMembers | undefined;
    isProven: boolean;
    clusterId: bigint | undefined;
    last: string | undefined;
  } = {
    wake: new AbortController(),
    known: undefined,
    isProven: false,
    clusterId: options.clusterId,
    last: undefined,
  };
  const strangers = new Set<string>();

  const askOne = async (source: MemberSource, until: AbortSignal): Promise<ClusterMembers> => {
    const answer = await ask.list(source, until);
    state.clusterId ??= answer.clusterId;
    const expected = state.clusterId;
    if (answer.clusterId === expected) {
      state.last = source.url;
      return answer;
    }
    const fields = { url: source.url, clusterId: hex(answer.clusterId), expected: hex(expected) };
    if (!strangers.has(source.url)) log.warn('this address belongs to another cluster', fields);
    strangers.add(source.url);
    throw new Error('another cluster');
  };

  const look = async (): Promise<ClusterMembers | undefined> => {
    const { clients, peers } = sourcesOf(options, state.known, state.last);
    const deps = { clock, patienceMs };
    const proven = await firstAnswer(deps, clients, askOne, signal);
    if (proven !== undefined) state.isProven = true;
    if (proven !== undefined || state.isProven) return proven;
    return firstAnswer(deps, peers, askOne, signal);
  };

  async function* iterate(): AsyncGenerator<ClusterMembers, void, undefined> {
    while (!signal.aborted) {
      state.wake = new AbortController();
      const started = clock.monotonic();
      const found = await look();
      if (signal.aborted) return;
      if (found !== undefined) {
        const isNews = state.known === undefined || !areSameMembers(state.known, found);
        state.known = found;
        if (isNews) yield found;
      }
      // What no quorum stands behind is a beginning; soon there will be more.
      const isSettled = found !== undefined && state.isProven;
      const pauseMs = isSettled ? (options.everyMs ?? 5_000) : retryMs;
      await clock.sleep(pauseMs, AbortSignal.any([signal, state.wake.signal]));
      await clock.sleep(atMostEveryMs - (clock.monotonic() - started), signal);
    }
  }
  return {
    lookAgain: () => state.wake.abort(),
    [Symbol.asyncIterator]: iterate,
  };
}

/** Whoever answered last goes first. A learner refuses to tell, so it is not asked. */
function sourcesOf(
  options: FollowMembersOptions,
  known: ClusterMembers | undefined,
  last: string | undefined,
): { readonly clients: readonly MemberSource[]; readonly peers: readonly MemberSource[] } {
  const members = known?.members ?? [];
  const voters = members.filter(({ isLearner }) => !isLearner);
  const order = (urls: readonly string[]) =>
    [...new Set(urls)].toSorted((a, b) => Number(b === last) - Number(a === last));
  const clients = order([...voters.flatMap(({ clientUrls }) => clientUrls), ...options.clientUrls]);
  const peers = order([...members.flatMap(({ peerUrls }) => peerUrls), ...options.peerUrls]);
  return {
    clients: clients.map((url) => ({ kind: 'client', url })),
    peers: peers.map((url) => ({ kind: 'peer', url })),
  };
}

function hex(id: bigint): string {
  return id.toString(16);
}
