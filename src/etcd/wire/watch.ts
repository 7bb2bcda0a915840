// SPDX-License-Identifier: Apache-2.0

import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import {
  WatchCreateRequest_FilterType as Filter,
  type WatchCreateRequest,
  type WatchResponse as WireWatchResponse,
} from '../gen/etcdserverpb/watch.js';
import type { WatchMessage, WatchRequest } from '../kv.js';
import { decodeEvent, decodeHeader, decodeRange, decodeRevision, encodeEvent, noBytes } from './key-value.js';

type FilterName = NonNullable<WatchRequest['filters']>[number];

/** An empty key stands for the least key, as etcd has it. Filters unknown to this version are left out. */
export function decodeWatchCreate(wire: WatchCreateRequest): WatchRequest {
  const range = decodeRange(wire);
  const filters = wire.filters.flatMap((filter): FilterName[] => {
    if (filter === Filter.NOPUT) return ['no-put'];
    return filter === Filter.NODELETE ? ['no-delete'] : [];
  });
  return {
    ...range,
    key: range.key.length === 0 ? Uint8Array.of(0) : range.key,
    startRevision: wire.startRevision,
    prevKv: wire.prevKv,
    progressNotify: wire.progressNotify,
    filters,
  };
}

export function encodeWatchCreate(request: WatchRequest): WatchCreateRequest {
  return {
    key: request.key,
    rangeEnd: request.rangeEnd ?? noBytes,
    startRevision: request.startRevision ?? 0,
    progressNotify: request.progressNotify ?? false,
    filters: (request.filters ?? []).map((name) => (name === 'no-put' ? Filter.NOPUT : Filter.NODELETE)),
    prevKv: request.prevKv ?? false,
    watchId: 0n,
    fragment: false,
  };
}

/** One response may say two things: that the watch was created, and that it ended. */
export function decodeWatchResponse(wire: WireWatchResponse): readonly WatchMessage[] {
  const revision = decodeHeader(wire.header);
  const messages: WatchMessage[] = [];
  if (wire.created && !wire.canceled) messages.push({ kind: 'created', revision });
  if (wire.events.length > 0)
    messages.push({ kind: 'events', revision, events: wire.events.map(decodeEvent) });
  if (wire.canceled && wire.compactRevision > 0) {
    messages.push({ kind: 'compacted', compactRevision: decodeRevision(wire.compactRevision) });
  } else if (wire.canceled) messages.push({ kind: 'cancelled', reason: wire.cancelReason });
  else if (messages.length === 0) messages.push({ kind: 'progress', revision });
  return messages;
}

/** What the responses of one watch have in common. */
export interface WatchFrame {
  readonly header: ResponseHeader;
  readonly watchId: bigint;
}

export function encodeWatchMessage(frame: WatchFrame, message: WatchMessage): WireWatchResponse {
  const plain = { ...emptyWatchResponse, ...frame };
  switch (message.kind) {
    case 'created':
      return { ...plain, created: true };
    case 'events':
      return { ...plain, events: message.events.map(encodeEvent) };
    case 'progress':
      return plain;
    case 'compacted':
      return { ...plain, canceled: true, compactRevision: message.compactRevision };
    case 'cancelled':
      return { ...plain, canceled: true, cancelReason: message.reason };
  }
}

const emptyWatchResponse: WireWatchResponse = {
  header: undefined,
  watchId: 0n,
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: '',
  fragment: false,
  events: [],
};

/** Cuts the events of a response so that none is larger than `limitBytes`, unless a single event is. */
export function fragmentsOf(response: WireWatchResponse, limitBytes: number): readonly WireWatchResponse[] {
  const parts: WireWatchResponse['events'][number][][] = [[]];
  let sizeBytes = 0;
  for (const event of response.events) {
    const eventBytes = sizeOf(event.kv) + sizeOf(event.prevKv);
    if (sizeBytes > 0 && sizeBytes + eventBytes > limitBytes) {
      parts.push([]);
      sizeBytes = 0;
    }
    parts.at(-1)?.push(event);
    sizeBytes += eventBytes;
  }
  return parts.map((events, index) => ({ ...response, events, fragment: index < parts.length - 1 }));
}

/** At least what it takes on the wire: numbers and tags of a key take fewer than 64 bytes. */
function sizeOf(kv: { readonly key: Uint8Array; readonly value: Uint8Array } | undefined): number {
  return kv === undefined ? 0 : kv.key.length + kv.value.length + 64;
}

/** Why etcd refuses this range, in its words; `undefined` when it does not. */
export function findRangeFault(request: WatchRequest): string | undefined {
  const end = request.rangeEnd;
  const isToTheEnd = end === undefined || (end.length === 1 && end[0] === 0);
  if (isToTheEnd || Buffer.compare(request.key, end) < 0) return undefined;
  return 'mvcc: watcher range is empty';
}
