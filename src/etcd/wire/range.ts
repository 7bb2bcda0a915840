// SPDX-License-Identifier: Apache-2.0

import { leaseId } from '../../model/index.js';
import { fail } from '../errors.js';
import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import type {
  DeleteRangeRequest as WireDeleteRangeRequest,
  DeleteRangeResponse as WireDeleteRangeResponse,
  PutRequest as WirePutRequest,
  PutResponse as WirePutResponse,
  RangeRequest as WireRangeRequest,
  RangeResponse as WireRangeResponse,
} from '../gen/etcdserverpb/kv.js';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
} from '../kv.js';
import { decodeHeader, decodeKeyValue, decodePrevKv, decodeRange, noBytes } from './key-value.js';

const sortOrders = ['none', 'ascend', 'descend'] as const;
const sortTargets = ['key', 'version', 'create', 'mod', 'value'] as const;

/**
 * An order that is not known is none, whatever the target, as in etcd 3.5.
 *
 * @throws `etcd/invalid-sort-option` for a target that is not known, at which etcd 3.5 would end
 */
export function decodeRangeRequest(wire: WireRangeRequest): RangeRequest {
  const sortOrder = sortOrders[wire.sortOrder] ?? 'none';
  const sortTarget = sortOrders[wire.sortOrder] === undefined ? 'key' : sortTargets[wire.sortTarget];
  if (sortTarget === undefined) throw fail('etcd/invalid-sort-option');
  // Without a spread: this is done for every read.
  const request = {
    key: wire.key,
    limit: wire.limit,
    revision: wire.revision,
    sortOrder,
    sortTarget,
    serializable: wire.serializable,
    keysOnly: wire.keysOnly,
    countOnly: wire.countOnly,
    minModRevision: wire.minModRevision,
    maxModRevision: wire.maxModRevision,
    minCreateRevision: wire.minCreateRevision,
    maxCreateRevision: wire.maxCreateRevision,
  };
  return wire.rangeEnd.length === 0 ? request : { ...request, rangeEnd: wire.rangeEnd };
}

export function encodeRangeRequest(request: RangeRequest): WireRangeRequest {
  return {
    key: request.key,
    rangeEnd: request.rangeEnd ?? noBytes,
    limit: request.limit ?? 0,
    revision: request.revision ?? 0,
    sortOrder: indexIn(sortOrders, request.sortOrder),
    sortTarget: indexIn(sortTargets, request.sortTarget),
    serializable: request.serializable ?? false,
    keysOnly: request.keysOnly ?? false,
    countOnly: request.countOnly ?? false,
    minModRevision: request.minModRevision ?? 0,
    maxModRevision: request.maxModRevision ?? 0,
    minCreateRevision: request.minCreateRevision ?? 0,
    maxCreateRevision: request.maxCreateRevision ?? 0,
  };
}

export function decodeRangeResponse(wire: WireRangeResponse): RangeResponse {
  const kvs = wire.kvs.map(decodeKeyValue);
  return { revision: decodeHeader(wire.header), kvs, more: wire.more, count: wire.count };
}

/** `header` is left out of the answers inside a transaction's answer, except for its revision. */
export function encodeRangeResponse(response: RangeResponse, header: ResponseHeader): WireRangeResponse {
  return { header, kvs: response.kvs, more: response.more, count: response.count };
}

export function decodePutRequest(wire: WirePutRequest): PutRequest {
  return {
    key: wire.key,
    value: wire.value,
    lease: leaseId(wire.lease),
    prevKv: wire.prevKv,
    ignoreValue: wire.ignoreValue,
    ignoreLease: wire.ignoreLease,
  };
}

export function encodePutRequest(request: PutRequest): WirePutRequest {
  return {
    key: request.key,
    value: request.value,
    lease: request.lease ?? 0n,
    prevKv: request.prevKv ?? false,
    ignoreValue: request.ignoreValue ?? false,
    ignoreLease: request.ignoreLease ?? false,
  };
}

export function decodePutResponse(wire: WirePutResponse): PutResponse {
  return { revision: decodeHeader(wire.header), ...decodePrevKv(wire.prevKv) };
}

export function encodePutResponse(response: PutResponse, header: ResponseHeader): WirePutResponse {
  return { header, prevKv: response.prevKv };
}

export function decodeDeleteRangeRequest(wire: WireDeleteRangeRequest): DeleteRangeRequest {
  return { ...decodeRange(wire), prevKv: wire.prevKv };
}

export function encodeDeleteRangeRequest(request: DeleteRangeRequest): WireDeleteRangeRequest {
  return { key: request.key, rangeEnd: request.rangeEnd ?? noBytes, prevKv: request.prevKv ?? false };
}

export function decodeDeleteRangeResponse(wire: WireDeleteRangeResponse): DeleteRangeResponse {
  const prevKvs = wire.prevKvs.map(decodeKeyValue);
  return { revision: decodeHeader(wire.header), deleted: wire.deleted, prevKvs };
}

export function encodeDeleteRangeResponse(
  response: DeleteRangeResponse,
  header: ResponseHeader,
): WireDeleteRangeResponse {
  return { header, deleted: response.deleted, prevKvs: response.prevKvs };
}

function indexIn<T extends string, N extends readonly T[]>(list: N, value: T | undefined): 0 | 1 | 2 {
  // The generated enums are literal numbers; these lists are in their order.
  return (value === undefined ? 0 : list.indexOf(value)) as 0 | 1 | 2;
}
