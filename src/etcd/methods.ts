// SPDX-License-Identifier: Apache-2.0

import type { Codec } from './codec.js';
import { MemberListRequest, MemberListResponse } from './gen/etcdserverpb/cluster.js';
import {
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
} from './gen/etcdserverpb/kv.js';
import {
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesRequest,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from './gen/etcdserverpb/lease.js';
import { StatusRequest, StatusResponse } from './gen/etcdserverpb/maintenance.js';
import { WatchRequest, WatchResponse } from './gen/etcdserverpb/watch.js';

/** One method of the wire: its path and what goes there and back. */
export interface MethodSpec<Req, Res> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: Codec<Req>;
  readonly response: Codec<Res>;
}

/** A method of etcd's own services: `Service/Method`. */
export function method<Req, Res>(
  path: string,
  request: Codec<Req>,
  response: Codec<Res>,
): MethodSpec<Req, Res> {
  return { path: `/etcdserverpb.${path}`, request, response };
}

/** What client and server both speak; `watch` and `keepAlive` stream both ways. */
export const methods = {
  range: method('KV/Range', RangeRequest, RangeResponse),
  put: method('KV/Put', PutRequest, PutResponse),
  deleteRange: method('KV/DeleteRange', DeleteRangeRequest, DeleteRangeResponse),
  txn: method('KV/Txn', TxnRequest, TxnResponse),
  compact: method('KV/Compact', CompactionRequest, CompactionResponse),
  watch: method('Watch/Watch', WatchRequest, WatchResponse),
  grantLease: method('Lease/LeaseGrant', LeaseGrantRequest, LeaseGrantResponse),
  revokeLease: method('Lease/LeaseRevoke', LeaseRevokeRequest, LeaseRevokeResponse),
  keepAlive: method('Lease/LeaseKeepAlive', LeaseKeepAliveRequest, LeaseKeepAliveResponse),
  timeToLive: method('Lease/LeaseTimeToLive', LeaseTimeToLiveRequest, LeaseTimeToLiveResponse),
  leases: method('Lease/LeaseLeases', LeaseLeasesRequest, LeaseLeasesResponse),
  memberList: method('Cluster/MemberList', MemberListRequest, MemberListResponse),
  status: method('Maintenance/Status', StatusRequest, StatusResponse),
} as const;
