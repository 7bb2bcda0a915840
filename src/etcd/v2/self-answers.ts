// SPDX-License-Identifier: Apache-2.0

import { renderText, renderTime } from './go-json.js';
import type { V2Cluster } from './member-answers.js';

/** The member that answers, as `/v2/stats/self` shows it. */
export function renderSelf({ members, leader }: V2Cluster, startedAt: number, now: number): string {
  const self = members.find(({ id }) => id === leader) ?? members[0];
  const id = (self?.id ?? 0n).toString(16);
  const time = `"startTime":"${renderTime(startedAt)}"`;
  const isLeader = self !== undefined && self.id === leader;
  const info = `{"leader":"${(leader ?? 0n).toString(16)}","uptime":"${(now - startedAt) / 1_000}s",${time}}`;
  return (
    `{"name":${renderText(self?.name ?? '')},"id":"${id}","state":"${isLeader ? 'StateLeader' : 'StateFollower'}",` +
    `${time},"leaderInfo":${info},"recvAppendRequestCnt":0,"sendAppendRequestCnt":0}`
  );
}

/** `/v2/stats/leader`: nobody but the members knows how far the followers are. */
export function renderLeader({ leader }: V2Cluster): string {
  return `{"leader":"${(leader ?? 0n).toString(16)}","followers":{}}`;
}

/** `/version`: the cluster's version is the oldest member's, without its patch. */
export function renderVersion(version: string): string {
  return `{"etcdserver":${renderText(version)},"etcdcluster":${renderText(version.replace(/\.\d+$/, '.0'))}}`;
}
