// SPDX-License-Identifier: Apache-2.0

import type { WatchRequest, WatchResponse } from '../gen/etcdserverpb/watch.js';
import { MessageQueue } from '../grpc/message-queue.js';
import type { Call, Method } from '../grpc/method.js';
import { methods } from '../methods.js';
import { watchEncoder } from '../wire/hot-events.js';
import { streaming } from './handlers.js';
import { readNeeds } from './needs.js';
import type { ServedParts } from './parts.js';
import { WatchStream } from './watch-stream.js';

/** Responses that may wait for a slow client before its watches stop reading from the store. */
const waitingResponses = 32;

/** Service etcdserverpb.Watch over any `Kv`: many watches on one stream. */
export function watchMethods(parts: ServedParts): readonly Method[] {
  const encode = watchEncoder();
  return [streaming(methods.watch, (requests, call) => serveWatches(parts, requests, call), encode)];
}

/** Goes on after the client has said its last request, until it goes away. */
async function* serveWatches(
  { kv, identity, guard }: ServedParts,
  requests: AsyncIterable<WatchRequest>,
  call: Call,
): AsyncGenerator<WatchResponse> {
  const out = new MessageQueue<WatchResponse>(waitingResponses);
  const stream = new WatchStream({
    kv,
    identity,
    out,
    authorize: (request) => {
      if (guard.isOn()) guard.check(call, readNeeds(request));
    },
  });
  const finish = () => out.finish();
  call.signal.addEventListener('abort', finish, { once: true });
  if (call.signal.aborted) finish();
  const reading = readRequests(stream, requests).catch((error: unknown) => out.fail(error));
  try {
    yield* out;
  } finally {
    call.signal.removeEventListener('abort', finish);
    await stream.close();
    await reading;
  }
}

async function readRequests(stream: WatchStream, requests: AsyncIterable<WatchRequest>): Promise<void> {
  for await (const { requestUnion: request } of requests) {
    switch (request?.$case) {
      case 'createRequest':
        await stream.create(request.value);
        break;
      case 'cancelRequest':
        await stream.cancel(request.value.watchId);
        break;
      case 'progressRequest':
        stream.requestProgress();
        break;
      case undefined:
        // Newer kinds of request are none of ours to refuse; etcd passes over them too.
        break;
    }
  }
}
