// SPDX-License-Identifier: Apache-2.0

import { leaseId, type Revision, revision } from '../../model/index.js';
import { fail } from '../errors.js';
import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import { type Event, Event_EventType, type KeyValue as WireKeyValue } from '../gen/mvccpb/kv.js';
import type { KeyRange, KeyValue, WatchEvent } from '../kv.js';

/** For a field that is not set. */
export const noBytes = new Uint8Array(0);

/** A revision from the wire. @throws `etcd/malformed-message` for a negative one */
export function decodeRevision(value: number): Revision {
  if (value < 0) throw fail('etcd/malformed-message', { reason: `revision ${value}` });
  return revision(value);
}

/** The revision in an answer's header; 0 where the server sent none. */
export function decodeHeader(header: ResponseHeader | undefined): Revision {
  return decodeRevision(header?.revision ?? 0);
}

export function decodeKeyValue(wire: WireKeyValue): KeyValue {
  return {
    key: wire.key,
    value: wire.value,
    createRevision: decodeRevision(wire.createRevision),
    modRevision: decodeRevision(wire.modRevision),
    version: wire.version,
    lease: leaseId(wire.lease),
  };
}

/** The two shapes differ in brands only, so encoding costs nothing. */
function encodeKeyValue(kv: KeyValue): WireKeyValue {
  return kv;
}

/** An optional `prevKv`, for a spread: absent stays absent. */
export function decodePrevKv(wire: WireKeyValue | undefined): { readonly prevKv?: KeyValue } {
  return wire === undefined ? {} : { prevKv: decodeKeyValue(wire) };
}

/** On the wire an empty `range_end` means a single key. */
export function decodeRange(wire: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }): KeyRange {
  return wire.rangeEnd.length === 0 ? { key: wire.key } : { key: wire.key, rangeEnd: wire.rangeEnd };
}

export function decodeEvent(wire: Event): WatchEvent {
  if (wire.kv === undefined) throw fail('etcd/malformed-message', { reason: 'event without a key' });
  const kind = wire.type === Event_EventType.DELETE ? 'delete' : 'put';
  return { kind, kv: decodeKeyValue(wire.kv), ...decodePrevKv(wire.prevKv) };
}

export function encodeEvent(event: WatchEvent): Event {
  const type = event.kind === 'delete' ? Event_EventType.DELETE : Event_EventType.PUT;
  return { type, kv: encodeKeyValue(event.kv), prevKv: event.prevKv };
}
