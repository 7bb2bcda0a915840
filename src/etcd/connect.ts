// SPDX-License-Identifier: Apache-2.0

import { callOver } from './client/call-method.js';
import { kvCalls } from './client/kv-calls.js';
import { leaseCalls } from './client/lease-calls.js';
import { type MemberCalls, memberCalls } from './client/member-calls.js';
import { openWatch } from './client/open-watch.js';
import { readSnapshot } from './client/read-snapshot.js';
import { GrpcClient } from './grpc/client.js';
import type { ClientTls } from './grpc/client-session.js';
import type { Kv } from './kv.js';

export interface ConnectOptions {
  /** Of one call, connecting included; 5000 when left out. A watch has it until it is created. */
  readonly timeoutMs?: number;
  /** A longer answer is refused; 256 MiB when left out. */
  readonly maxMessageBytes?: number;
  readonly tls?: ClientTls;
}

/** A store behind endpoints. */
export interface EtcdClient extends Kv, MemberCalls {
  /** A backup of the member that answers: its database with a checksum behind it, as `etcdctl snapshot save` keeps it. */
  snapshot(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Ends open calls and watches too, with `etcd/unavailable`; may be called again. */
  close(): Promise<void>;
}

/**
 * A store behind endpoints (`http://HOST:PORT`, `https://HOST:PORT` or `HOST:PORT`), all of one cluster. Nothing is connected before
 * the first call; one connection carries all calls. When it breaks, calls and watches on it throw
 * `etcd/unavailable`, and the next call tries the endpoints in turn. Nothing is sent twice.
 *
 * An open connection keeps the process alive until `close`.
 *
 * @throws `etcd/bad-endpoint` at once
 */
export function connect(endpoints: readonly string[], options: ConnectOptions = {}): EtcdClient {
  const { timeoutMs = 5_000, maxMessageBytes = 256 * 1024 * 1024, tls } = options;
  const client = new GrpcClient(endpoints, { timeoutMs, maxMessageBytes, tls });
  const call = callOver(client);
  return {
    ...kvCalls(call),
    ...leaseCalls(call),
    ...memberCalls(call),
    watch: (request, signal) => openWatch(client, request, signal),
    snapshot: (signal) => readSnapshot(client, signal),
    close: () => client.close(),
  };
}
