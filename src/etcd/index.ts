// SPDX-License-Identifier: Apache-2.0

/**
 * etcd: the etcd v3 protocol, both sides of it. `Kv` is the key space wherever it is; `connect` makes one of
 * endpoints, `serveKv` puts any one behind an endpoint; between them everything that is wire is hidden: messages
 * (generated from proto/), gRPC on HTTP/2, streams, error texts.
 *
 *   room → Kv ┬ store, in this process
 *             └ connect → gRPC → serveKv (or a real etcd) → Kv
 *
 * Beside `Kv`, a served store may have `Maintenance`, `Cluster` and `Auth`; the JSON gateway, reflection and health
 * are made of the same methods. Permissions are worked out here (serve/needs.ts) and judged by the `Auth`.
 *
 * `mirror` is the one watch loop and `holdLease` the one keep-alive loop of muster.
 */
export type { Auth, AuthStatus, Caller, Need, NewUser, Permission } from './auth.js';
export type { MemberCalls } from './client/member-calls.js';
export { type ConnectOptions, connect, type EtcdClient } from './connect.js';
export { crc32c } from './crc32c.js';
export { type EtcdErrorCode, etcdErrors, fail } from './errors.js';
export type { ClientTls } from './grpc/client-session.js';
export type { ServerTls } from './grpc/server-tls.js';
export { type HoldLeaseDeps, holdLease, leaveLease } from './hold-lease.js';
export type { MemberRecord, MemberStatus, StoreIdentity } from './identity.js';
export type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyRange,
  KeyValue,
  Kv,
  LeaseInfo,
  Op,
  OpResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchEvent,
  Watching,
  WatchMessage,
  WatchRequest,
} from './kv.js';
export type { Alarm, AlarmKind, Cluster, KvHash, Maintenance, Snapshot, StoreStatus } from './member.js';
export { type Figure, figure } from './metrics/figure.js';
export { type MirrorMessage, type MirrorOptions, mirror } from './mirror.js';
export type { RequestChecks } from './serve/parts.js';
export { type ServeKvDeps, serveKv } from './serve-kv.js';
export { type StoredRole, type StoredUser, stored } from './stored.js';
export { keyOf, prefixRange, textOf } from './text.js';
export { guardedV2 } from './v2/guarded.js';
export type { V2Cluster } from './v2/member-answers.js';
export { type V2HandlerDeps, v2Handler } from './v2/v2-handler.js';
