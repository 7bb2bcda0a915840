// SPDX-License-Identifier: Apache-2.0

import { row } from './error-row.js';

const addWhenVoting = 'start the members that are missing, or remove those that are lost, then repeat';
const wait = 'wait for the members to agree on a leader, then repeat';

/**
 * What a cluster of members answers about itself and its members. Source of texts and status:
 * etcd-io/etcd, api/v3rpc/rpctypes/error.go, 3.4 to 3.7.
 */
export const clusterRows = {
  'etcd/member-exists': row(9, 'etcdserver: member ID already exist', 'remove the old member first'),
  'etcd/peer-url-exists': row(
    9,
    'etcdserver: Peer URLs already exists',
    'remove the member that has this peer URL',
  ),
  'etcd/member-not-enough-started': row(
    9,
    'etcdserver: re-configuration failed due to not enough started members',
    addWhenVoting,
    'later',
  ),
  'etcd/member-bad-urls': row(
    3,
    'etcdserver: given member URLs are invalid',
    'give URLs as http://HOST:PORT',
  ),
  'etcd/member-not-found': row(
    5,
    'etcdserver: member not found',
    'list the members and take an id from there',
  ),
  'etcd/member-not-learner': row(
    9,
    'etcdserver: can only promote a learner member',
    'nothing: it has its vote',
  ),
  'etcd/learner-not-ready': row(
    9,
    'etcdserver: can only promote a learner member which is in sync with leader',
    'wait until the learner has caught up',
    'later',
  ),
  'etcd/too-many-learners': row(
    9,
    'etcdserver: too many learner members in cluster',
    'promote or remove a learner first',
  ),
  'etcd/single-member': row(
    9,
    'the embedded store has one member and takes no other',
    'restore a backup into a cluster of etcd and change the address of the clients',
  ),
  'etcd/cluster-id-mismatch': row(
    9,
    'etcdserver: cluster ID mismatch',
    'use the endpoints of one cluster only',
  ),
  'etcd/no-leader': row(14, 'etcdserver: no leader', wait, 'later'),
  'etcd/not-leader': row(
    9,
    'etcdserver: not leader',
    'send it to the leader, which the status of each member names',
  ),
  'etcd/leader-changed': row(14, 'etcdserver: leader changed', wait, 'later'),
  'etcd/not-capable': row(9, 'etcdserver: not capable', 'upgrade every member of the cluster'),
  'etcd/stopped': row(14, 'etcdserver: server stopped', 'start the server, or use another endpoint', 'later'),
  'etcd/timeout': row(
    14,
    'etcdserver: request timed out',
    'check the disks and the network of the members',
    'later',
  ),
  'etcd/timeout-leader-failed': row(
    14,
    'etcdserver: request timed out, possibly due to previous leader failure',
    wait,
    'later',
  ),
  'etcd/timeout-connection-lost': row(
    14,
    'etcdserver: request timed out, possibly due to connection lost',
    'check the network between the members',
    'later',
  ),
  'etcd/timeout-applied-index': row(
    14,
    'etcdserver: request timed out, waiting for the applied index took too long',
    'check the disk of this member',
    'later',
  ),
  'etcd/unhealthy': row(14, 'etcdserver: unhealthy cluster', addWhenVoting, 'later'),
  'etcd/corrupt': row(
    15,
    'etcdserver: corrupt cluster',
    'find the member that differs, remove it and add it anew',
  ),
  'etcd/not-for-learner': row(9, 'etcdserver: rpc not supported for learner', 'ask a member that has a vote'),
  'etcd/bad-transferee': row(9, 'etcdserver: bad leader transferee', 'name a started member that has a vote'),
  'etcd/downgrade-version-format': row(
    3,
    'etcdserver: wrong downgrade target version format',
    'write the version as MAJOR.MINOR.PATCH',
  ),
  'etcd/downgrade-version-invalid': row(
    3,
    'etcdserver: invalid downgrade target version',
    'go down one minor version at a time',
  ),
  'etcd/cluster-version-unavailable': row(
    9,
    'etcdserver: cluster version not found during downgrade',
    'wait until the cluster has settled its version',
    'later',
  ),
  'etcd/downgrade-in-process': row(
    9,
    'etcdserver: cluster has a downgrade job in progress',
    'finish or cancel that downgrade first',
  ),
  'etcd/no-inflight-downgrade': row(
    9,
    'etcdserver: no inflight downgrade job',
    'nothing: there is none to cancel',
  ),
} as const;
