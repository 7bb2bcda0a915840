// SPDX-License-Identifier: Apache-2.0

import type { Writable } from 'node:stream';
import type { PlainRequest, PlainResponse } from './plain.js';

/** The connection of such a request is not ended for want of traffic: nothing may happen for hours. */
export function letBeSilent(request: PlainRequest): void {
  request.setTimeout(0);
}

/** Sends the headers of an answer that will come in lines; nothing happens when they are sent. */
export function openLines(
  response: PlainResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('content-type', 'application/json');
  response.statusCode = status;
}

/** One value as a line of JSON; resolves when the client has room for the next one, or is gone. */
export async function writeLine(response: Writable, line: unknown, signal: AbortSignal): Promise<void> {
  if (response.destroyed || response.write(`${JSON.stringify(line)}\n`)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off('drain', go);
      signal.removeEventListener('abort', go);
      resolve();
    };
    response.on('drain', go);
    signal.addEventListener('abort', go);
    if (signal.aborted) go();
  });
}
