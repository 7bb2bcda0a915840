// SPDX-License-Identifier: Apache-2.0

import {
  WatchCancelRequest,
  WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '../../src/etcd/gen/etcdserverpb/watch.js';
import type { Event } from '../../src/etcd/gen/mvccpb/kv.js';
import { filled } from './ops.js';
import type { StreamSession } from './stream-session.js';

export type WatchStream = StreamSession<WatchRequest, WatchResponse>;

export function createOf(fields: Partial<WatchCreateRequest>): WatchRequest {
  return { requestUnion: { $case: 'createRequest', value: filled(WatchCreateRequest, fields) } };
}

export function cancelOf(watchId: bigint): WatchRequest {
  return { requestUnion: { $case: 'cancelRequest', value: filled(WatchCancelRequest, { watchId }) } };
}

export const progressOf: WatchRequest = { requestUnion: { $case: 'progressRequest', value: {} } };

/**
 * Takes answers until so many events came, and returns the events by watch: how they are spread over answers is
 * the server's choice. Fewer when the stream ends first.
 */
export async function takeEvents(stream: WatchStream, count: number) {
  const byWatch: Record<string, Event[]> = {};
  for (let seen = 0; seen < count; ) {
    const message = await stream.next();
    if (message === undefined) break;
    if (message.events.length === 0) byWatch[`${message.watchId} said something else`] = [];
    const list = byWatch[String(message.watchId)] ?? [];
    byWatch[String(message.watchId)] = [...list, ...message.events];
    seen += message.events.length;
  }
  return byWatch;
}
