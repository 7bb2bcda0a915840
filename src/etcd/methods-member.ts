// SPDX-License-Identifier: Apache-2.0

import {
  MemberAddRequest,
  MemberAddResponse,
  MemberPromoteRequest,
  MemberPromoteResponse,
  MemberRemoveRequest,
  MemberRemoveResponse,
  MemberUpdateRequest,
  MemberUpdateResponse,
} from './gen/etcdserverpb/cluster.js';
import {
  AlarmRequest,
  AlarmResponse,
  DefragmentRequest,
  DefragmentResponse,
  DowngradeRequest,
  DowngradeResponse,
  HashKVRequest,
  HashKVResponse,
  HashRequest,
  HashResponse,
  MoveLeaderRequest,
  MoveLeaderResponse,
  SnapshotRequest,
  SnapshotResponse,
} from './gen/etcdserverpb/maintenance.js';
import { method } from './methods.js';

/** Of services Cluster and Maintenance, what only the server speaks; `snapshot` streams its answer. */
export const memberSpecs = {
  memberAdd: method('Cluster/MemberAdd', MemberAddRequest, MemberAddResponse),
  memberRemove: method('Cluster/MemberRemove', MemberRemoveRequest, MemberRemoveResponse),
  memberUpdate: method('Cluster/MemberUpdate', MemberUpdateRequest, MemberUpdateResponse),
  memberPromote: method('Cluster/MemberPromote', MemberPromoteRequest, MemberPromoteResponse),
  alarm: method('Maintenance/Alarm', AlarmRequest, AlarmResponse),
  defragment: method('Maintenance/Defragment', DefragmentRequest, DefragmentResponse),
  hash: method('Maintenance/Hash', HashRequest, HashResponse),
  hashKv: method('Maintenance/HashKV', HashKVRequest, HashKVResponse),
  snapshot: method('Maintenance/Snapshot', SnapshotRequest, SnapshotResponse),
  moveLeader: method('Maintenance/MoveLeader', MoveLeaderRequest, MoveLeaderResponse),
  downgrade: method('Maintenance/Downgrade', DowngradeRequest, DowngradeResponse),
} as const;
