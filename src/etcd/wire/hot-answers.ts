// SPDX-License-Identifier: Apache-2.0

import { encodeMessage } from '../codec.js';
import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import { TxnResponse as WireTxnResponse } from '../gen/etcdserverpb/kv.js';
import type { KeyValue as WireKeyValue } from '../gen/mvccpb/kv.js';
import type { OpResponse, PutResponse, RangeResponse, TxnResponse } from '../kv.js';
import { ByteWriter, bigSize, bytesSize, messageSize, numberSize } from './byte-writer.js';
import { noBytes } from './key-value.js';
import { encodeTxnResponse } from './txn.js';

/**
 * The answers that make up nearly all of the traffic, written by hand: straight from the `Kv`'s answer to bytes,
 * which are those that the generated encoders make.
 */
export interface HotAnswers {
  range(response: RangeResponse): Uint8Array;
  put(response: PutResponse): Uint8Array;
  txn(response: TxnResponse): Uint8Array;
}

export function hotAnswers(headerOf: (revision: number) => ResponseHeader): HotAnswers {
  const header = headerBytes(headerOf(0));
  return {
    range(response) {
      const outer = header(response.revision);
      const writer = new ByteWriter(messageSize(outer.length) + rangeSize(response));
      writer.data(1, outer);
      writeRange(writer, response);
      return writer.bytes;
    },
    put(response) {
      const outer = header(response.revision);
      const writer = new ByteWriter(messageSize(outer.length) + prevSize(response));
      writer.data(1, outer);
      writePrev(writer, response);
      return writer.bytes;
    },
    txn(response) {
      const outer = headerOf(response.revision);
      const isPlain = response.responses.every(({ kind }) => kind === 'put' || kind === 'range');
      if (!isPlain) return encodeMessage(WireTxnResponse, encodeTxnResponse(response, outer));
      return encodePlainTxn(response, header(response.revision));
    },
  };
}

/** Everything but the revision is the same in each; the one for the last revision is kept. */
function headerBytes(header: ResponseHeader): (revision: number) => Uint8Array {
  const last: { revision: number; bytes: Uint8Array } = { revision: Number.NaN, bytes: noBytes };
  return (revision) => {
    if (revision !== last.revision) {
      last.revision = revision;
      last.bytes = encodeHeader({ ...header, revision });
    }
    return last.bytes;
  };
}

export function encodeHeader({ clusterId, memberId, revision, raftTerm }: ResponseHeader): Uint8Array {
  const size = bigSize(clusterId) + bigSize(memberId) + numberSize(revision) + bigSize(raftTerm);
  const writer = new ByteWriter(size);
  writer.big(1, clusterId);
  writer.big(2, memberId);
  writer.number(3, revision);
  writer.big(4, raftTerm);
  return writer.bytes;
}

export function keyValueSize(kv: WireKeyValue): number {
  return (
    bytesSize(kv.key.length) +
    numberSize(kv.createRevision) +
    numberSize(kv.modRevision) +
    numberSize(kv.version) +
    bytesSize(kv.value.length) +
    bigSize(kv.lease)
  );
}

export function writeKeyValue(writer: ByteWriter, kv: WireKeyValue): void {
  writer.data(1, kv.key);
  writer.number(2, kv.createRevision);
  writer.number(3, kv.modRevision);
  writer.number(4, kv.version);
  writer.data(5, kv.value);
  writer.big(6, kv.lease);
}

/** Without the header. */
function rangeSize({ kvs, more, count }: RangeResponse): number {
  let size = (more ? 2 : 0) + numberSize(count);
  for (const kv of kvs) size += messageSize(keyValueSize(kv));
  return size;
}

function writeRange(writer: ByteWriter, { kvs, more, count }: RangeResponse): void {
  for (const kv of kvs) {
    writer.message(2, keyValueSize(kv));
    writeKeyValue(writer, kv);
  }
  writer.number(3, more ? 1 : 0);
  writer.number(4, count);
}

/** Without the header. */
function prevSize({ prevKv }: PutResponse): number {
  return prevKv === undefined ? 0 : messageSize(keyValueSize(prevKv));
}

function writePrev(writer: ByteWriter, { prevKv }: PutResponse): void {
  if (prevKv === undefined) return;
  writer.message(2, keyValueSize(prevKv));
  writeKeyValue(writer, prevKv);
}

type PlainOp = Extract<OpResponse, { kind: 'put' | 'range' }>;

function encodePlainTxn({ succeeded, responses }: TxnResponse, outer: Uint8Array): Uint8Array {
  const ops = responses.filter((op): op is PlainOp => op.kind === 'put' || op.kind === 'range');
  const sizes = ops.map(opSize);
  const size = sizes.reduce((sum, inner) => sum + messageSize(messageSize(inner)), succeeded ? 2 : 0);
  const writer = new ByteWriter(messageSize(outer.length) + size);
  writer.data(1, outer);
  writer.number(2, succeeded ? 1 : 0);
  for (const [index, op] of ops.entries()) {
    const inner = sizes[index] ?? 0;
    writer.message(3, messageSize(inner));
    writer.message(op.kind === 'range' ? 1 : 2, inner);
    writer.message(1, numberSize(op.response.revision));
    writer.number(3, op.response.revision);
    if (op.kind === 'range') writeRange(writer, op.response);
    else writePrev(writer, op.response);
  }
  return writer.bytes;
}

/** With a header that has only its revision, as in etcd. */
function opSize({ kind, response }: PlainOp): number {
  const header = messageSize(numberSize(response.revision));
  return header + (kind === 'range' ? rangeSize(response) : prevSize(response));
}
