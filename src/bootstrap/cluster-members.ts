// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { MemberRecord } from '../etcd/index.js';
import { memberId } from '../model/index.js';
import { fail } from './errors.js';

/** Who belongs to a cluster, as one of its members tells. */
export interface ClusterMembers {
  /** 64 bits; two clusters never have the same. */
  readonly clusterId: bigint;
  /** By ID, so that two equal lists look the same. One that was added and never started has no name. */
  readonly members: readonly MemberRecord[];
}

/** Far beyond any cluster that works, and small enough to be harmless. */
const maxMembers = 1_000;

/** What is no address that could be called (`unix:`, a template left unfilled) is left out, not believed. */
const urls = z
  .array(z.string().max(2_048))
  .max(100)
  .nullish()
  .transform((list) => (list ?? []).filter(isHttpUrl));

const memberSchema = z.object({
  id: z.union([z.bigint(), z.string().regex(/^\d{1,20}$/)]).transform((id) => memberId(BigInt(id))),
  name: z.string().max(1_024).nullish(),
  peerURLs: urls,
  clientURLs: urls,
  isLearner: z.boolean().nullish(),
});

const membersSchema = z
  .array(memberSchema)
  .min(1)
  .max(maxMembers)
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'a member ID stands there twice');

/**
 * Checks a member list from the network and brings it into one form. `source` is named in the error.
 *
 * @throws `bootstrap/bad-member-list`
 */
export function decodeMembers(value: unknown, source: string): readonly MemberRecord[] {
  const parsed = membersSchema.safeParse(value);
  if (!parsed.success) {
    const why = parsed.error.issues[0]?.message ?? 'not a list';
    throw fail('bootstrap/bad-member-list', { source, why }, parsed.error);
  }
  return parsed.data
    .map(({ id, name, peerURLs, clientURLs, isLearner }) => ({
      id,
      name: name ?? '',
      peerUrls: peerURLs,
      clientUrls: clientURLs,
      isLearner: isLearner ?? false,
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/**
 * Reads the answer of `/members` on a peer port: JSON whose IDs are numbers beyond 2^53, which `JSON.parse` alone
 * would round to the ID of nobody.
 *
 * @throws `bootstrap/bad-member-list`
 */
export function parsePeerMembers(text: string, source: string): readonly MemberRecord[] {
  const quoted = text.replace(/(?<=[{,]\s*)"id"\s*:\s*(\d+)/g, '"id":"$1"');
  try {
    return decodeMembers(JSON.parse(quoted), source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw fail('bootstrap/bad-member-list', { source, why: error.message }, error);
  }
}

export function areSameMembers(a: ClusterMembers, b: ClusterMembers): boolean {
  return textOf(a) === textOf(b);
}

function textOf({ clusterId, members }: ClusterMembers): string {
  const rows = members.map(({ id, name, peerUrls, clientUrls, isLearner }) => [
    id.toString(16),
    name,
    peerUrls.toSorted(),
    clientUrls.toSorted(),
    isLearner,
  ]);
  return JSON.stringify([clusterId.toString(16), rows]);
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
