// SPDX-License-Identifier: Apache-2.0

import { BinaryReader, type BinaryWriter } from '@bufbuild/protobuf/wire';
import { fail } from './errors.js';

/** One generated message type. */
export interface Codec<T> {
  encode(message: T): BinaryWriter;
  decode(reader: BinaryReader, length: number): T;
}

/** Bytes of a message. A number that does not fit its field is a defect and thrown as a plain `Error`. */
export function encodeMessage<T>(codec: Codec<T>, message: T): Uint8Array {
  return codec.encode(message).finish();
}

/**
 * A message from bytes that anyone may have sent. Byte fields are views of `bytes`.
 *
 * @throws `etcd/malformed-message`, for numbers beyond 2^53-1 in counter fields as well
 */
export function decodeMessage<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new BinaryReader(bytes);
  try {
    const message = codec.decode(reader, bytes.length);
    // The generated decoder stops at a tag of zero as if the message had ended.
    if (reader.pos === bytes.length) return message;
  } catch (error) {
    throw fail(
      'etcd/malformed-message',
      { reason: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
  throw fail('etcd/malformed-message', { reason: 'bytes that are no field' });
}
