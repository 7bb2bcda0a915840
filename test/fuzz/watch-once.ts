// SPDX-License-Identifier: Apache-2.0

import {
  WatchCreateRequest_FilterType as Filter,
  WatchCreateRequest,
} from '../../src/etcd/gen/etcdserverpb/watch.js';
import type { Event } from '../../src/etcd/gen/mvccpb/kv.js';
import { methods } from '../../src/etcd/methods.js';
import { messageOf, requestOf } from '../conformance/message.js';
import { filled } from '../conformance/ops.js';
import { createOf } from '../conformance/watching.js';
import type { Wire } from '../conformance/wire-client.js';

const patienceMs = 10_000;
const nothing = new Uint8Array(0);

/**
 * Watches until a write that it makes itself in the end is seen. Returns what was said at the start, the events,
 * and how it ended. Costs two revisions: the first key is put and deleted.
 */
export async function watchOnce(
  wire: Wire,
  fields: Partial<WatchCreateRequest>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const { watch, put, deleteRange } = methods;
  const create = filled(WatchCreateRequest, fields);
  const stream = wire.stream(watch.path, metadata);
  const next = async () => {
    const bytes = await stream.next(patienceMs);
    return bytes === undefined ? undefined : messageOf(watch, bytes);
  };
  try {
    stream.send(requestOf(watch, createOf(create)));
    const first = await next();
    if (first === undefined || first.canceled || create.key.length === 0) return { first };
    const written = await wire.unary(put.path, requestOf(put, { key: create.key }), metadata);
    const removed = await wire.unary(deleteRange.path, requestOf(deleteRange, { key: create.key }), metadata);
    // One who may not write waits for nothing.
    if (written.status !== 0 || removed.status !== 0) return { first, written, removed };
    const seen = create.filters.includes(Filter.NODELETE)
      ? messageOf(put, written.messages[0] ?? nothing).header
      : messageOf(deleteRange, removed.messages[0] ?? nothing).header;
    const events: Event[] = [];
    for (;;) {
      const message = await next();
      if (message === undefined) return { first, events, end: 'nothing more came' };
      if (message.canceled) return { first, events, end: { ...message, header: undefined } };
      events.push(...message.events);
      if ((events.at(-1)?.kv?.modRevision ?? 0) >= (seen?.revision ?? 0)) return { first, events };
    }
  } finally {
    stream.cancel();
  }
}
