// SPDX-License-Identifier: Apache-2.0

/**
 * Where etcd's JSON gateway has each method, without `/v3/`. Source: the `google.api.http` options in etcd-io/etcd,
 * api/etcdserverpb/rpc.proto, 3.4 to 3.6. `maintenance/hash` is HashKV up to 3.5 and Hash from 3.6 on; here it is
 * what 3.5 has, and `maintenance/hashkv` is there too.
 */
const rows: readonly (readonly [service: string, paths: Readonly<Record<string, string>>])[] = [
  [
    'KV',
    {
      'kv/range': 'Range',
      'kv/put': 'Put',
      'kv/deleterange': 'DeleteRange',
      'kv/txn': 'Txn',
      'kv/compaction': 'Compact',
    },
  ],
  ['Watch', { watch: 'Watch' }],
  [
    'Lease',
    {
      'lease/grant': 'LeaseGrant',
      'lease/revoke': 'LeaseRevoke',
      'kv/lease/revoke': 'LeaseRevoke',
      'lease/keepalive': 'LeaseKeepAlive',
      'lease/timetolive': 'LeaseTimeToLive',
      'kv/lease/timetolive': 'LeaseTimeToLive',
      'lease/leases': 'LeaseLeases',
      'kv/lease/leases': 'LeaseLeases',
    },
  ],
  [
    'Cluster',
    {
      'cluster/member/add': 'MemberAdd',
      'cluster/member/remove': 'MemberRemove',
      'cluster/member/update': 'MemberUpdate',
      'cluster/member/list': 'MemberList',
      'cluster/member/promote': 'MemberPromote',
    },
  ],
  [
    'Maintenance',
    {
      'maintenance/alarm': 'Alarm',
      'maintenance/status': 'Status',
      'maintenance/defragment': 'Defragment',
      'maintenance/hash': 'HashKV',
      'maintenance/hashkv': 'HashKV',
      'maintenance/snapshot': 'Snapshot',
      'maintenance/transfer-leadership': 'MoveLeader',
      'maintenance/downgrade': 'Downgrade',
    },
  ],
  [
    'Auth',
    {
      'auth/enable': 'AuthEnable',
      'auth/disable': 'AuthDisable',
      'auth/status': 'AuthStatus',
      'auth/authenticate': 'Authenticate',
      'auth/user/add': 'UserAdd',
      'auth/user/get': 'UserGet',
      'auth/user/list': 'UserList',
      'auth/user/delete': 'UserDelete',
      'auth/user/changepw': 'UserChangePassword',
      'auth/user/grant': 'UserGrantRole',
      'auth/user/revoke': 'UserRevokeRole',
      'auth/role/add': 'RoleAdd',
      'auth/role/get': 'RoleGet',
      'auth/role/list': 'RoleList',
      'auth/role/delete': 'RoleDelete',
      'auth/role/grant': 'RoleGrantPermission',
      'auth/role/revoke': 'RoleRevokePermission',
    },
  ],
];

const methodByPath: ReadonlyMap<string, string> = new Map(
  rows.flatMap(([service, paths]) =>
    Object.entries(paths).map(([path, method]) => [`/v3/${path}`, `/etcdserverpb.${service}/${method}`]),
  ),
);

/** gRPC path of an HTTP path; `/v3beta/…`, the name it once had, is `/v3/…` up to etcd 3.5. */
export function gatewayMethodOf(path: string): string | undefined {
  return methodByPath.get(path.replace(/^\/v3beta\//, '/v3/'));
}

export function isGatewayPath(path: string): boolean {
  return /^\/v3(?:beta)?\//.test(path);
}
