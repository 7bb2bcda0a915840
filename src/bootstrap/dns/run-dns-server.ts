// SPDX-License-Identifier: Apache-2.0

import type { Bound, ListenTcp, ListenUdp, Log, TcpAddress } from '../../effects/index.js';
import { fail } from '../errors.js';
import { answerQuery, type DnsTransport } from './answer-query.js';
import { converseInFrames } from './frames.js';
import type { SrvZone } from './srv-zone.js';

export interface DnsServerDeps {
  readonly listenUdp: ListenUdp;
  readonly listenTcp: ListenTcp;
  readonly log: Log;
}

export interface DnsServerOptions {
  /** An IP address and a port; port 0 takes one that is free for both. */
  readonly listen: TcpAddress;
  /** Each takes the place of the one before. When they end, the last one stays. */
  readonly zones: AsyncIterable<SrvZone>;
}

const tcpLimits = { maxConnections: 128, idleMs: 10_000 };

/**
 * Answers DNS for one domain over UDP and TCP until `signal` fires. Queries that come before the first zone fail for
 * now, which makes a resolver ask again.
 *
 * @param onReady called once both are answered, with the port
 * @throws `bootstrap/dns-cannot-listen`
 */
export async function runDnsServer(
  deps: DnsServerDeps,
  options: DnsServerOptions,
  onReady: (port: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const state: { zone: SrvZone | undefined } = { zone: undefined };
  const over = (transport: DnsTransport) => (message: Uint8Array) =>
    answerQuery(state.zone, message, transport);
  const bound = await listenBoth(deps, options.listen, over);
  try {
    const stopped = untilAborted(signal);
    onReady(bound[0]?.port ?? 0);
    const following = (async () => {
      for await (const zone of options.zones) {
        if (signal.aborted) return;
        state.zone = zone;
        deps.log.info('the zone changed', { domain: zone.domain, records: zone.records.length });
      }
    })();
    await Promise.race([stopped, following.then(() => stopped)]);
  } finally {
    await Promise.all(bound.map((one) => one.close()));
  }
}

async function listenBoth(
  { listenUdp, listenTcp }: DnsServerDeps,
  listen: TcpAddress,
  over: (transport: DnsTransport) => (message: Uint8Array) => Uint8Array | undefined,
): Promise<readonly Bound[]> {
  const bound: Bound[] = [];
  try {
    const tcp = await listenTcp(listen, tcpLimits, () => converseInFrames(over('tcp')));
    bound.push(tcp);
    bound.push(await listenUdp({ ...listen, port: tcp.port }, over('udp')));
    return bound;
  } catch (error) {
    await Promise.all(bound.map((one) => one.close()));
    const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
    const why = error instanceof Error ? error.message : String(error);
    throw fail('bootstrap/dns-cannot-listen', { address: `${host}:${listen.port}`, why }, error);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
