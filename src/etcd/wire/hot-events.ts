// SPDX-License-Identifier: Apache-2.0

import { encodeMessage } from '../codec.js';
import { WatchResponse } from '../gen/etcdserverpb/watch.js';
import type { Event } from '../gen/mvccpb/kv.js';
import { ByteWriter, bigSize, messageSize, numberSize } from './byte-writer.js';
import { encodeHeader, keyValueSize, writeKeyValue } from './hot-answers.js';

/**
 * Writes what watchers are told. An event goes to all its watchers one after another, so the bytes of the last one
 * are kept, and a thousand watchers cost one encoding. For one server, whose ids are in every header.
 */
export function watchEncoder(): (response: WatchResponse) => Uint8Array {
  const last: Last = { revision: Number.NaN, header: none, events: [], bytes: none };
  return (response) => {
    const { events, header } = response;
    if (events.length === 0 || header === undefined) return encodeMessage(WatchResponse, response);
    if (header.revision !== last.revision) {
      last.revision = header.revision;
      last.header = encodeHeader(header);
    }
    if (!hasSame(last.events, events)) {
      last.events = events;
      last.bytes = encodeEvents(events);
    }
    return encodeAround(response, last);
  };
}

/** What the last response was made of; ids in headers are always the same. */
interface Last {
  revision: number;
  header: Uint8Array;
  events: readonly Event[];
  bytes: Uint8Array;
}

const none = new Uint8Array(0);

/** The wrappers are made anew for each watcher; what they hold is shared. */
function hasSame(a: readonly Event[], b: readonly Event[]): boolean {
  return (
    a.length === b.length &&
    a.every((event, index) => event.kv === b[index]?.kv && event.prevKv === b[index]?.prevKv)
  );
}

/** The fields of a response with events but for these: nothing that was created, cancelled or compacted. */
function encodeAround({ watchId, fragment }: WatchResponse, { header, bytes }: Last): Uint8Array {
  const size = messageSize(header.length) + bigSize(watchId) + (fragment ? 2 : 0) + bytes.length;
  const writer = new ByteWriter(size);
  writer.message(1, header.length);
  writer.raw(header);
  writer.big(2, watchId);
  writer.number(7, fragment ? 1 : 0);
  writer.raw(bytes);
  return writer.bytes;
}

function encodeEvents(events: readonly Event[]): Uint8Array {
  const sizes = events.map(eventSize);
  const writer = new ByteWriter(sizes.reduce((sum, size) => sum + messageSize(size), 0));
  for (const [index, { type, kv, prevKv }] of events.entries()) {
    writer.message(11, sizes[index] ?? 0);
    writer.number(1, type);
    if (kv !== undefined) {
      writer.message(2, keyValueSize(kv));
      writeKeyValue(writer, kv);
    }
    if (prevKv !== undefined) {
      writer.message(3, keyValueSize(prevKv));
      writeKeyValue(writer, prevKv);
    }
  }
  return writer.bytes;
}

function eventSize({ type, kv, prevKv }: Event): number {
  const sizeOf = (one: Event['kv']) => (one === undefined ? 0 : messageSize(keyValueSize(one)));
  return numberSize(type) + sizeOf(kv) + sizeOf(prevKv);
}
