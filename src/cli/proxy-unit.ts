// SPDX-License-Identifier: Apache-2.0

import type { BuiltinUnit } from '../agent/index.js';
import { askMember, type ProxyOptions, runProxy } from '../bootstrap/index.js';
import { type Log, realClock, realForwardTcp, realHttpGet } from '../effects/index.js';
import { connect } from '../etcd/index.js';
import { openRegistry } from '../registry/index.js';

export interface ProxyUnitOptions {
  readonly wildcard: string;
  /** Client URLs of the store to begin with. */
  readonly endpoints: readonly string[];
  /** Where the engine's record of the machines' cluster is; nothing where the store is the engine's own. */
  readonly recordEndpoints: readonly string[];
}

/** The unit `etcd2.service` of a machine that is no member: the way to the store, at the usual address. */
export function proxyUnit(unit: ProxyUnitOptions, log: Log): BuiltinUnit {
  return async ({ environment, onReady }, signal) => {
    const options: ProxyOptions = {
      listenClientUrls: environment.ETCD_LISTEN_CLIENT_URLS ?? 'http://0.0.0.0:2379',
      wildcard: unit.wildcard,
      endpoints: unit.endpoints,
      peerUrls: peerUrlsOf(environment.ETCD_INITIAL_CLUSTER ?? ''),
    };
    const ask = askMember({ httpGet: realHttpGet });
    const deps = { forwardTcp: realForwardTcp, ask, clock: realClock, log };
    const run = (more: Partial<ProxyOptions>, until: AbortSignal) =>
      runProxy(deps, { ...options, ...more }, onReady, until);
    if (unit.recordEndpoints.length === 0) return run({}, signal);
    return runForEach(followClusterIds(unit.recordEndpoints, log, signal), run, signal);
  };
}

/** `name=url,name=url`; names say nothing here. */
function peerUrlsOf(initialCluster: string): readonly string[] {
  return initialCluster
    .split(',')
    .map((entry) => entry.slice(entry.indexOf('=') + 1).trim())
    .filter((url) => url !== '');
}

/** A cluster made of a snapshot is another cluster: the forwarder lets go of the one before and takes to the new one. */
async function runForEach(
  clusterIds: AsyncIterable<bigint>,
  run: (more: Partial<ProxyOptions>, until: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  let ending = new AbortController();
  const start = (more: Partial<ProxyOptions>) => {
    ending = new AbortController();
    const done = run(more, AbortSignal.any([until, ending.signal]));
    done.catch(() => failed.abort());
    return done;
  };
  let running = start({});
  const following = (async () => {
    for await (const clusterId of clusterIds) {
      if (until.aborted) return;
      ending.abort();
      await running;
      running = start({ clusterId });
    }
  })();
  await Promise.race([following, new Promise((resolve) => until.addEventListener('abort', resolve))]);
  await running;
}

const pauseMs = 1_000;

/** Each cluster ID that the engine has written down, for as long as the unit runs. */
async function* followClusterIds(
  endpoints: readonly string[],
  log: Log,
  signal: AbortSignal,
): AsyncIterable<bigint> {
  let last = '';
  while (!signal.aborted) {
    const kv = connect(endpoints);
    try {
      for await (const { clusterId } of openRegistry({ kv, clock: realClock, log }).store.watchRecord(
        signal,
      )) {
        if (clusterId === '' || clusterId === last) continue;
        last = clusterId;
        yield BigInt(`0x${clusterId}`);
      }
    } catch (error) {
      if (!signal.aborted)
        log.debug('the record of the store cannot be read for now', { reason: String(error) });
    } finally {
      await kv.close();
    }
    await realClock.sleep(pauseMs, signal);
  }
}
