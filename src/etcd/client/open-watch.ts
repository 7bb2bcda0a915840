// SPDX-License-Identifier: Apache-2.0

import { decodeMessage, encodeMessage } from '../codec.js';
import type { WatchRequest as WireWatchRequest } from '../gen/etcdserverpb/watch.js';
import type { GrpcClient } from '../grpc/client.js';
import type { ClientCall } from '../grpc/client-call.js';
import type { Watching, WatchMessage, WatchRequest } from '../kv.js';
import { methods } from '../methods.js';
import { unlessAborted } from '../unless-aborted.js';
import { decodeWatchResponse, encodeWatchCreate } from '../wire/watch.js';

type RequestUnion = NonNullable<WireWatchRequest['requestUnion']>;

/** One watch on a gRPC stream of its own, so that a slow reader holds up nobody else. */
export function openWatch(client: GrpcClient, request: WatchRequest, signal: AbortSignal): Watching {
  const state: { call: ClientCall | undefined; isAsked: boolean } = { call: undefined, isAsked: false };
  const say = (requestUnion: RequestUnion) =>
    state.call?.send(encodeMessage(methods.watch.request, { requestUnion }));
  const askProgress = () => say({ $case: 'progressRequest', value: {} });
  async function* iterate(): AsyncGenerator<WatchMessage, void, undefined> {
    if (signal.aborted) return;
    const opening = client.stream(methods.watch.path);
    const call = await unlessAborted(opening, signal);
    if (call === undefined) return cancelWhenOpen(opening);
    state.call = call;
    const cancel = () => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      say({ $case: 'createRequest', value: encodeWatchCreate(request) });
      if (state.isAsked) askProgress();
      for await (const bytes of call.messages) {
        for (const message of decodeWatchResponse(decodeMessage(methods.watch.response, bytes))) {
          if (signal.aborted) return;
          yield message;
          if (message.kind === 'compacted' || message.kind === 'cancelled') return;
        }
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }
  return {
    [Symbol.asyncIterator]: iterate,
    requestProgress() {
      state.isAsked = true;
      if (state.call !== undefined) askProgress();
    },
  };
}

function cancelWhenOpen(opening: Promise<ClientCall>): void {
  opening.then(
    (call) => call.cancel(),
    () => {},
  );
}
