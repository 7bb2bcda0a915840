// SPDX-License-Identifier: Apache-2.0

import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Codec } from '../../src/etcd/codec.js';

/** A method of the wire with its messages, as src/etcd/methods.ts has them. */
export interface MethodOf<Req, Res> {
  readonly path: string;
  readonly request: Codec<Req>;
  readonly response: Codec<Res>;
}

/** The bytes of a request; what is left out is as on the wire: empty. */
export function requestOf<Req>(
  method: Pick<MethodOf<Req, unknown>, 'request'>,
  request: Partial<Req>,
): Uint8Array {
  const empty = method.request.decode(new BinaryReader(new Uint8Array(0)), 0);
  return method.request.encode({ ...empty, ...request }).finish();
}

export function messageOf<Res>(method: Pick<MethodOf<unknown, Res>, 'response'>, bytes: Uint8Array): Res {
  return method.response.decode(new BinaryReader(bytes), bytes.length);
}

export function bytesOf<Res>(method: Pick<MethodOf<unknown, Res>, 'response'>, message: Res): Uint8Array {
  return method.response.encode(message).finish();
}
