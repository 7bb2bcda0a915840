// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

/** Every error of this room. */
export const bootstrapErrors = {
  'bootstrap/bad-url': {
    message: 'cannot use "{url}" as a client URL',
    next: 'write it as http://ADDRESS:PORT, for example http://0.0.0.0:2379; https is not supported yet',
    httpStatus: 400,
  },
  'bootstrap/cannot-listen': {
    message: 'cannot listen on {address}: {why}',
    next: 'end the program that uses the address, or change listen-client-urls in the user-data',
    httpStatus: 503,
  },
  'bootstrap/bad-member-list': {
    message: 'what {source} answered is no member list: {why}',
    next: 'check that the URL is one of a member of etcd, client URL or peer URL as it was named',
    httpStatus: 502,
    retry: 'later',
  },
  'bootstrap/bad-domain': {
    message: '"{domain}" is no domain name',
    next: 'write labels of letters, digits and hyphens with dots between them, for example cluster.example.com',
    httpStatus: 400,
  },
  'bootstrap/bad-static-member': {
    message: 'cannot read the member "{text}": {why}',
    next: 'write it as NAME=PEER-URL[,CLIENT-URL], for example core-01=http://10.0.0.1:2380,http://10.0.0.1:2379',
    httpStatus: 400,
  },
  'bootstrap/dns-cannot-listen': {
    message: 'cannot answer DNS at {address}: {why}',
    next: 'end the program that uses the address, choose another one, or run it as root for a port below 1024',
    httpStatus: 503,
  },
  'bootstrap/token-unknown': {
    message: 'there is no such discovery token, or it expired unused',
    next: 'make a new one: `muster discovery new`',
    httpStatus: 404,
    grpcStatus: 5,
  },
  'bootstrap/slot-taken': {
    message: 'member {member} has registered under this token already',
    next: 'a wiped machine never comes back by discovery: have it removed from the cluster and added as a learner; before the cluster has formed the operator may free the slot (`muster discovery free`)',
    httpStatus: 409,
    grpcStatus: 7,
  },
  'bootstrap/slot-clash': {
    message: 'another member has registered with the same name or peer URL as member {member}',
    next: 'give each machine a name and peer URLs of its own',
    httpStatus: 409,
    grpcStatus: 7,
  },
  'bootstrap/slot-unknown': {
    message: 'no member {member} has registered under this token',
    next: 'list its slots with `muster discovery show`',
    httpStatus: 404,
    grpcStatus: 5,
  },
  'bootstrap/token-protocol': {
    message:
      'the members of this token registered by discovery protocol {protocol}, which gives other member IDs',
    next: 'start all members with --discovery, or all with --discovery-token',
    httpStatus: 409,
    grpcStatus: 7,
  },
  'bootstrap/token-formed': {
    message:
      'the cluster of this token has formed; member {member} keeps its slot, because an empty disk under an old member ID loses acknowledged writes',
    next: 'remove the member from the cluster (`etcdctl member remove`), add it as a learner, start it with initial-cluster-state existing, promote it',
    httpStatus: 409,
    grpcStatus: 7,
  },
  'bootstrap/token-full': {
    message: 'the cluster of this token is full',
    next: 'run a proxy on the machine, or add it to the cluster as a learner',
    httpStatus: 409,
    grpcStatus: 7,
  },
  'bootstrap/cannot-tell': {
    message:
      'a slot cannot be freed while other members wait by discovery protocol v3: they would keep it in mind',
    next: 'stop the machines, make a new token with `muster discovery new` and start them with it',
    httpStatus: 409,
  },
  'bootstrap/bad-advert': {
    message:
      'a member registers as name=http://HOST:PORT, several URLs as name=URL,name=URL; not as "{advert}"',
    next: 'look at name and initial-advertise-peer-urls of the machine',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'bootstrap/bad-size': {
    message: 'a cluster has 1 to {max} members, not "{size}"',
    next: 'give the number of voting members, best an odd one: 1, 3 or 5',
    httpStatus: 400,
  },
  'bootstrap/too-many-tokens': {
    message: 'there are {count} discovery tokens already',
    next: 'wait for unused ones to expire, or look at who makes them',
    httpStatus: 503,
    retry: 'later',
  },
  'bootstrap/no-credential': {
    message: 'only the operator may do this',
    next: 'send the key of the discovery service as bearer token, or run `muster discovery` where its state folder is',
    httpStatus: 401,
  },
  'bootstrap/etcd-missing': {
    message: 'there is no etcd here: cannot run "{program}"',
    next: 'install it, `apt-get install etcd-server`, or name the program in the cluster file',
    httpStatus: 503,
  },
  'bootstrap/etcd-unfit': {
    message: 'cannot use "{program}" as etcd: it says of itself "{version}"',
    next: 'use etcd 3.4 or newer: older ones cannot add a member without a vote first',
    httpStatus: 503,
  },
  'bootstrap/restore-failed': {
    message: 'cannot restore the snapshot: {why}',
    next: 'choose another backup or survivor; etcdutl (with etcd 3.4 etcdctl) must be installed on the machine',
    httpStatus: 500,
  },
} as const satisfies ErrorTable;

export const fail = errorsOf(bootstrapErrors);
