// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import { fail } from '../errors.js';
import { callName, votersOf } from './cluster-view.js';

/**
 * Peer URLs as they were typed, also with commas between them.
 *
 * @throws `cli/usage`
 */
export function parsePeerUrls(words: readonly string[]): readonly string[] {
  const urls = words.flatMap((word) => word.split(','));
  const bad = urls.find((url) => !URL.canParse(url) || !/^https?:\/\/[^\s/?#"'`\\$=]+:\d+$/.test(url));
  if (bad === undefined) return [...new Set(urls)];
  throw fail('cli/usage', {
    problem: `"${bad}" is no peer URL`,
    hint: 'write it as http://ADDRESS:PORT, with nothing behind the port; 2380 is usual',
  });
}

/** @throws `cli/usage` for what would not survive in an initial-cluster or an environment file */
export function checkMemberName(name: string): void {
  if (/^[^\s=,"'`\\$]+$/.test(name)) return;
  throw fail('cli/usage', {
    problem: `"${name}" is no name for a member`,
    hint: 'use letters, digits, "-", "_" and "."',
  });
}

/** @throws `cli/member-exists` when the name or a URL is another member's */
export function checkIsNew(
  members: readonly MemberRecord[],
  wanted: { readonly name?: string; readonly peerUrls: readonly string[] },
): void {
  for (const one of members) {
    const url = wanted.peerUrls.find((peerUrl) => one.peerUrls.includes(peerUrl));
    const what = one.name === wanted.name ? `the name "${one.name}"` : url && `the peer URL ${url}`;
    if (what !== undefined) throw fail('cli/member-exists', { member: callName(one), what });
  }
}

/** Whether the cluster can write nothing from the adding of this voter until it runs: it is half of the quorum. */
export function stopsWrites(members: readonly MemberRecord[], isLearner: boolean): boolean {
  return !isLearner && votersOf(members).length === 1;
}
