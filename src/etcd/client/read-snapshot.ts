// SPDX-License-Identifier: Apache-2.0

import { decodeMessage, encodeMessage } from '../codec.js';
import type { GrpcClient } from '../grpc/client.js';
import { memberSpecs } from '../methods-member.js';

/** The database of the member that answers, as one file with its checksum at the end; see `Maintenance.snapshot`. */
export async function* readSnapshot(client: GrpcClient, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { path, request, response } = memberSpecs.snapshot;
  const call = await client.stream(path);
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    call.sendEnd(encodeMessage(request, {}));
    for await (const bytes of call.messages) yield decodeMessage(response, bytes).blob;
  } finally {
    signal.removeEventListener('abort', cancel);
    call.cancel();
  }
}
