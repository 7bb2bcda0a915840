// SPDX-License-Identifier: Apache-2.0

/** What Go reads of a form at most. */
export const maxBodyBytes = 10 * 1024 * 1024;

/**
 * The body of a request; `undefined` when it is longer than `maxBodyBytes`. Then the rest is left where it is, so that a
 * body without an end fills no memory and the answer still finds its connection.
 */
export async function readBody(request: Request): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body?.values({ preventCancel: true }) ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
