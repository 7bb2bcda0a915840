// SPDX-License-Identifier: Apache-2.0

import { createWriteStream } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';

export interface DownloadOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Fetches a URL of any size into a file, which must not be there yet and is no whole one unless the promise
 * resolves. Throws a plain `Error` for every answer but 200, and for silence of half a minute.
 */
export type Download = (url: string, file: string, options?: DownloadOptions) => Promise<void>;

const silenceMs = 30_000;

export const realDownload: Download = async (url, file, { headers = {}, signal } = {}) => {
  const get = url.startsWith('https:') ? https.get : http.get;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = get(url, { headers: { ...headers }, ...(signal && { signal }) }, resolve);
    request.setTimeout(silenceMs, () => request.destroy(new Error(`no word from ${url} for half a minute`)));
    request.once('error', reject);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`${url} answers ${response.statusCode}`);
  }
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  await (signal === undefined ? pipeline(response, target) : pipeline(response, target, { signal }));
};
