// SPDX-License-Identifier: Apache-2.0

import type { ForwardTcp, Log, TcpAddress } from '../effects/index.js';
import { fail } from './errors.js';

export interface ProxyDeps {
  readonly forwardTcp: ForwardTcp;
  readonly log: Log;
}

export interface ProxyOptions {
  /** `ETCD_LISTEN_CLIENT_URLS`: a comma list; `http://0.0.0.0:2379` means the machine's own address. */
  readonly listenClientUrls: string;
  /** The machine's own address, in place of 0.0.0.0: machines of one computer share the wildcard. */
  readonly ownAddress: string;
  /** Client URLs of the store, in order of preference. */
  readonly endpoints: readonly string[];
}

/**
 * Lets programs on a machine that is no member reach the store at the usual address. Carries bytes, so it
 * passes every protocol the store speaks. Resolves once `signal` fired.
 *
 * @throws `bootstrap/bad-url`; `bootstrap/cannot-listen` with the address and the system's word for why
 */
export async function runProxy(
  deps: ProxyDeps,
  options: ProxyOptions,
  onReady: () => void,
  signal: AbortSignal,
): Promise<void> {
  const targets = options.endpoints.map((url) => addressOf(url));
  const sources = options.listenClientUrls
    .split(',')
    .map((url) => addressOf(url.trim()))
    .map((address) => (isWildcard(address.host) ? { ...address, host: options.ownAddress } : address));
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  let readyCount = 0;
  const onOneReady = () => {
    readyCount += 1;
    if (readyCount === sources.length) onReady();
  };
  const forwards = sources.map(async (source) => {
    try {
      await deps.forwardTcp(source, () => targets, onOneReady, until);
    } catch (error) {
      failed.abort();
      throw fail(
        'bootstrap/cannot-listen',
        { address: `${source.host}:${source.port}`, why: String(error) },
        error,
      );
    }
  });
  const ends = await Promise.allSettled(forwards);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function addressOf(text: string): TcpAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'http:') throw fail('bootstrap/bad-url', { url: text });
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 80 : Number(url.port) };
}
