// SPDX-License-Identifier: Apache-2.0

import {
  WatchCreateRequest_FilterType as Filter,
  type WatchCreateRequest,
  type WatchResponse,
} from '../../src/etcd/gen/etcdserverpb/watch.js';
import type { Event } from '../../src/etcd/gen/mvccpb/kv.js';
import { methods } from '../../src/etcd/methods.js';
import { messageOf, requestOf } from './message.js';
import { lastKey } from './watch-load.js';
import { createOf, progressOf } from './watching.js';
import type { Wire } from './wire-client.js';

const patienceMs = 20_000;

export interface RecordOptions {
  /** Breaks the stream after so many messages with events, and goes on behind the last revision that came. */
  readonly breakAfter?: number;
  /** Asks for progress after so many messages. */
  readonly askEvery?: number;
}

/** Starts to watch, calls `created`, and returns every answer until the last write was seen. */
export async function recordWatch(
  wire: Wire,
  create: Partial<WatchCreateRequest>,
  options: RecordOptions,
  created: () => void,
): Promise<readonly WatchResponse[]> {
  const messages: WatchResponse[] = [];
  let from = create.startRevision ?? 0;
  for (;;) {
    const seen = await recordPiece(wire, { ...create, startRevision: from }, options, created);
    messages.push(...seen.messages);
    if (seen.isOver) return messages;
    from = (messages.flatMap(({ events }) => events).at(-1)?.kv?.modRevision ?? from - 1) + 1;
  }
}

async function recordPiece(
  wire: Wire,
  create: Partial<WatchCreateRequest>,
  { breakAfter = Number.POSITIVE_INFINITY, askEvery = Number.POSITIVE_INFINITY }: RecordOptions,
  created: () => void,
) {
  const { watch } = methods;
  const stream = wire.stream(watch.path);
  const messages: WatchResponse[] = [];
  try {
    stream.send(requestOf(watch, createOf(create)));
    while (messages.filter(({ events }) => events.length > 0).length < breakAfter) {
      const bytes = await stream.next(patienceMs);
      if (bytes === undefined) throw new Error('the watch fell silent');
      const message = messageOf(watch, bytes);
      if (message.created) created();
      messages.push(message);
      if (message.events.some((event) => isLast(event, create))) return { messages, isOver: true };
      if (messages.length % askEvery === 0) stream.send(requestOf(watch, progressOf));
    }
    return { messages, isOver: false };
  } finally {
    stream.cancel();
  }
}

function isLast({ type, kv }: Event, { filters = [] }: Partial<WatchCreateRequest>): boolean {
  const isDelete = type === 1 || filters.includes(Filter.NODELETE);
  return isDelete && Buffer.from(kv?.key ?? []).toString('latin1') === lastKey;
}
