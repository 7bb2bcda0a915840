// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { readForm } from './key-answers.js';
import { maxBodyBytes, readBody } from './read-body.js';

const chunkBytes = 1024 * 1024;

/** Tells how many bytes were taken of a body of this length. */
function streamed(lengthBytes: number) {
  const taken = { bytes: 0 };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken.bytes >= lengthBytes) return controller.close();
      const chunk = Buffer.alloc(Math.min(chunkBytes, lengthBytes - taken.bytes), 'a');
      taken.bytes += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const request = new Request('http://a/v2/keys/a', { method: 'PUT', headers, body, duplex: 'half' });
  return { request, taken };
}

test('a body is read whole up to the limit', async () => {
  expect(await readBody(new Request('http://a/'))).toEqual(Buffer.alloc(0));
  expect((await readBody(streamed(maxBodyBytes).request))?.length).toBe(maxBodyBytes);
});

test('of a body that goes on and on no more is taken than is needed to refuse it', async () => {
  const { request, taken } = streamed(20 * maxBodyBytes);
  expect(await readForm(request, '')).toMatchObject({ cause: 'http: POST too large' });
  expect(taken.bytes).toBeLessThanOrEqual(maxBodyBytes + 3 * chunkBytes);
});
