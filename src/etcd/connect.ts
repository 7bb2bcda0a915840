// SPDX-License-Identifier: Apache-2.0

import { memberId } from '../model/index.js';
import { type CallMethod, callOver } from './client/call-method.js';
import { kvCalls } from './client/kv-calls.js';
import { leaseCalls } from './client/lease-calls.js';
import { openWatch } from './client/open-watch.js';
import { readSnapshot } from './client/read-snapshot.js';
import { GrpcClient } from './grpc/client.js';
import type { ClientTls } from './grpc/client-session.js';
import type { MemberRecord, MemberStatus } from './identity.js';
import type { Kv } from './kv.js';
import { methods } from './methods.js';
import { decodeHeader } from './wire/key-value.js';

export interface ConnectOptions {
  /** Of one call, connecting included; 5000 when left out. A watch has it until it is created. */
  readonly timeoutMs?: number;
  /** A longer answer is refused; 256 MiB when left out. */
  readonly maxMessageBytes?: number;
  readonly tls?: ClientTls;
}

/** A store behind endpoints. */
export interface EtcdClient extends Kv {
  status(): Promise<MemberStatus>;
  memberList(): Promise<readonly MemberRecord[]>;
  /** A backup of the member that answers: a file of its own format, checksum included. */
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

function memberCalls(call: CallMethod): Pick<EtcdClient, 'status' | 'memberList'> {
  return {
    async status() {
      const wire = await call(methods.status, {});
      return {
        clusterId: wire.header?.clusterId ?? 0n,
        memberId: memberId(wire.header?.memberId ?? 0n),
        revision: decodeHeader(wire.header),
        version: wire.version,
        dbSizeBytes: wire.dbSize,
        leader: memberId(wire.leader),
        raftTerm: wire.raftTerm,
        isLearner: wire.isLearner,
        errors: wire.errors,
      };
    },
    async memberList() {
      const { members } = await call(methods.memberList, { linearizable: true });
      return members.map((member) => ({
        id: memberId(member.ID),
        name: member.name,
        peerUrls: member.peerURLs,
        clientUrls: member.clientURLs,
        isLearner: member.isLearner,
      }));
    },
  };
}
