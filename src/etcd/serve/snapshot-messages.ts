// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { fail } from '../errors.js';
import type { SnapshotRequest, SnapshotResponse } from '../gen/etcdserverpb/maintenance.js';
import type { Call } from '../grpc/method.js';
import type { Maintenance } from '../member.js';

/** Of one message, as in etcd. */
const messageBytes = 32 * 1024;

/** The database in messages of 32 KiB, then the SHA-256 of it all, by which stock tools check what they got. */
export async function* snapshotMessages(
  maintenance: Maintenance,
  requests: AsyncIterable<SnapshotRequest>,
  call: Call,
): AsyncGenerator<SnapshotResponse> {
  for await (const _ of requests) break;
  const { sizeBytes, pieces } = await maintenance.snapshot(call.signal);
  const sum = createHash('sha256');
  let remainingBytes = sizeBytes;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += messageBytes) {
      const blob = piece.subarray(at, at + messageBytes);
      sum.update(blob);
      remainingBytes -= blob.length;
      if (remainingBytes < 0) throw new Error('a snapshot is larger than it said');
      yield { header: undefined, remainingBytes, blob, version: '' };
    }
  }
  if (call.signal.aborted) throw fail('etcd/cancelled', { reason: 'the snapshot was ended' });
  if (remainingBytes > 0) throw new Error('a snapshot is smaller than it said');
  yield { header: undefined, remainingBytes: 0, blob: sum.digest(), version: '' };
}
