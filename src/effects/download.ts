// SPDX-License-Identifier: Apache-2.0

import { createWriteStream } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';

export interface DownloadOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** How many redirects are followed, one after the other; 0 when left out. Headers go to each place. */
  readonly redirects?: number;
  /** Called now and then. `total`: as the server told it; `undefined`: it did not. */
  readonly onProgress?: (bytes: number, total: number | undefined) => void;
}

/**
 * Fetches a URL of any size into a file, which must not be there yet and is no whole one unless the promise
 * resolves. Throws a plain `Error` for every answer but 200, and for silence of half a minute.
 */
export type Download = (url: string, file: string, options?: DownloadOptions) => Promise<void>;

const silenceMs = 30_000;

export const realDownload: Download = async (url, file, options = {}) => {
  const { signal, onProgress } = options;
  const response = await ask(url, options, options.redirects ?? 0);
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  if (onProgress !== undefined) {
    const length = Number(response.headers['content-length']);
    const total = Number.isSafeInteger(length) && length > 0 ? length : undefined;
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      onProgress(bytes, total);
    });
  }
  await (signal === undefined ? pipeline(response, target) : pipeline(response, target, { signal }));
};

async function ask(url: string, options: DownloadOptions, redirects: number): Promise<http.IncomingMessage> {
  const { headers = {}, signal } = options;
  const get = url.startsWith('https:') ? https.get : http.get;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = get(url, { headers: { ...headers }, ...(signal && { signal }) }, resolve);
    request.setTimeout(silenceMs, () => request.destroy(new Error(`no word from ${url} for half a minute`)));
    request.once('error', reject);
  });
  const { statusCode = 0, headers: got } = response;
  if (statusCode === 200) return response;
  response.destroy();
  const next = got.location;
  const isRedirect = [301, 302, 303, 307, 308].includes(statusCode) && next !== undefined;
  if (!isRedirect || redirects <= 0 || !URL.canParse(next, url))
    throw new Error(`${url} answers ${statusCode}`);
  const place = new URL(next, url);
  if (!/^https?:$/.test(place.protocol)) throw new Error(`${url} leads to ${place.protocol}`);
  return ask(place.href, options, redirects - 1);
}
