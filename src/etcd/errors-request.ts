// SPDX-License-Identifier: Apache-2.0

import { row } from './error-row.js';

/**
 * What can be wrong with one request, and with the way to the server. Texts that begin with `etcdserver: ` and
 * their status are the protocol's (etcd-io/etcd, api/v3rpc/rpctypes/error.go, 3.4 to 3.7); clients match them.
 */
export const requestRows = {
  'etcd/key-empty': row(3, 'etcdserver: key is not provided', 'give a key of at least one byte'),
  'etcd/key-not-found': row(
    3,
    'etcdserver: key not found',
    'create the key first, or do not ask to keep its value',
  ),
  'etcd/value-provided': row(
    3,
    'etcdserver: value is provided',
    'give a value or ask to keep the old one, not both',
  ),
  'etcd/lease-provided': row(
    3,
    'etcdserver: lease is provided',
    'give a lease or ask to keep the old one, not both',
  ),
  'etcd/too-many-operations': row(
    3,
    'etcdserver: too many operations in txn request',
    'split the transaction: 128 compares and 128 operations a branch are allowed',
  ),
  'etcd/duplicate-key': row(
    3,
    'etcdserver: duplicate key given in txn request',
    'write each key once in a branch of a transaction',
  ),
  'etcd/invalid-client-version': row(
    3,
    'etcdserver: invalid client api version',
    'use a client of etcd 3.4 or newer',
  ),
  'etcd/invalid-sort-option': row(
    3,
    'etcdserver: invalid sort option',
    'sort ascending or descending, by key, version, create, mod or value',
  ),
  'etcd/compacted': row(
    11,
    'etcdserver: mvcc: required revision has been compacted',
    'list again at the newest revision and go on from there',
  ),
  'etcd/future-revision': row(
    11,
    'etcdserver: mvcc: required revision is a future revision',
    'ask for a revision the store has reached',
  ),
  'etcd/no-space': row(
    8,
    'etcdserver: mvcc: database space exceeded',
    'compact the store, free its disk or raise its quota, then disarm the alarm',
  ),
  'etcd/lease-not-found': row(
    5,
    'etcdserver: requested lease not found',
    'grant a new lease; the old one ran out',
  ),
  'etcd/lease-exists': row(9, 'etcdserver: lease already exists', 'choose another lease id, or none'),
  'etcd/lease-ttl-too-large': row(
    11,
    'etcdserver: too large lease TTL',
    'grant the lease for at most 9000000000 seconds',
  ),
  'etcd/watch-cancelled-by-server': row(1, 'etcdserver: watch canceled', 'watch again', 'now'),
  'etcd/request-too-large': row(
    3,
    'etcdserver: request is too large',
    'send less in one request: 1.5 MiB is the default limit',
  ),
  'etcd/too-many-requests': row(8, 'etcdserver: too many requests', 'send fewer requests at a time', 'later'),
  'etcd/request-cancelled': row(1, 'etcdserver: request canceled', 'ask again when it is still wanted'),
  'etcd/server-deadline-exceeded': row(
    4,
    'etcdserver: context deadline exceeded',
    'allow more time, or look why the server is slow',
    'later',
  ),
  'etcd/unavailable': row(
    14,
    'etcd cannot be reached: {reason}',
    'check that the store runs and that its endpoint is right; `muster status` prints it',
    'later',
  ),
  'etcd/deadline-exceeded': row(
    4,
    'etcd did not answer in time: {reason}',
    'check the load and the disk of the store, or allow more time',
    'later',
  ),
  'etcd/cancelled': row(1, 'the call was cancelled: {reason}', 'ask again when it is still wanted'),
  'etcd/exhausted': row(
    8,
    'etcd has no room for this: {reason}',
    'free space on its disk if that is full, otherwise send less at a time',
  ),
  'etcd/unimplemented': row(
    12,
    '{reason}',
    'use a server that has this method; `muster version` says what the embedded one speaks',
  ),
  'etcd/watch-cancelled': row(1, 'the watch was ended by etcd: {reason}', 'watch again', 'later'),
  'etcd/malformed-message': row(
    13,
    'malformed message: {reason}',
    'check that both sides speak the etcd v3 protocol',
  ),
  'etcd/message-too-large': row(
    8,
    // The text of Go's gRPC library, which clients of etcd see.
    'grpc: received message larger than max ({sizeBytes} vs. {limitBytes})',
    'send or ask for less at a time',
  ),
  'etcd/compressed-message': row(
    12,
    'compressed messages are not taken',
    'switch compression off in the client',
  ),
  'etcd/bad-endpoint': row(
    3,
    'not an endpoint: "{endpoint}"',
    'write it as http://HOST:PORT or https://HOST:PORT, and give at least one',
  ),
  'etcd/service-unknown': row(5, 'unknown service', 'ask for the health of "", the server as a whole'),
  'etcd/unknown': row(2, '{reason}', 'read the text; it is the answer of the etcd server as it came'),
} as const;
