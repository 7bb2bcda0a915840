// SPDX-License-Identifier: Apache-2.0

import { type ClusterMembers, followZone, runDnsServer } from '../bootstrap/index.js';
import { type Log, realClock, realListenTcp, realListenUdp } from '../effects/index.js';
import type { MemberRecord } from '../etcd/index.js';
import { memberId } from '../model/index.js';
import type { Registry, StoreMember } from '../registry/index.js';
import type { ClusterPlan } from './cluster-plan.js';

/**
 * Serves the zone of the cluster's domain: the founders until a quorum has told of its members, then these, as the
 * engine writes them down. Resolves once queries are answered.
 *
 * @throws `bootstrap/dns-cannot-listen`
 */
export async function openControlDns(
  { registry, log }: { readonly registry: Registry; readonly log: Log },
  plan: ClusterPlan,
  { suffix, ...listen }: NonNullable<ClusterPlan['dns']>,
): Promise<{ close(): Promise<void> }> {
  const stop = new AbortController();
  const options = {
    domain: plan.spec.domain,
    suffix,
    staticMembers: foundersOf(plan),
    nameServerAddresses: [listen.host],
  };
  const zones = followZone({ clock: realClock }, options, memberLists(registry, log, stop.signal));
  const deps = { listenUdp: realListenUdp, listenTcp: realListenTcp, log };
  const running: { done: Promise<void> } = { done: Promise.resolve() };
  await new Promise<void>((resolve, reject) => {
    running.done = runDnsServer(deps, { listen, zones }, () => resolve(), stop.signal);
    running.done.catch(reject);
  });
  running.done.catch((error: unknown) =>
    log.error('the DNS is not answered any more', { error: String(error) }),
  );
  log.info('the DNS zone is served', { domain: options.domain, address: listen.host, port: listen.port });
  return {
    async close() {
      stop.abort();
      await running.done.catch(() => {});
    },
  };
}

/** As machines of others see them before anybody can be asked. */
function foundersOf({ store, machines }: ClusterPlan): readonly MemberRecord[] {
  return (store?.members ?? []).map(({ name, peerUrls }) => {
    const clientUrls = [`http://${hostOf(machines.get(name)?.known.privateIp ?? '')}:2379`];
    return { id: memberId(0n), name, peerUrls, clientUrls, isLearner: false };
  });
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

const pauseMs = 1_000;

async function* memberLists(
  registry: Registry,
  log: Log,
  signal: AbortSignal,
): AsyncGenerator<ClusterMembers, void, undefined> {
  let told = '';
  while (!signal.aborted) {
    try {
      for await (const { clusterId, members } of registry.store.watchRecord(signal)) {
        const text = JSON.stringify(members);
        if (clusterId === '' || members.length === 0 || text === told) continue;
        told = text;
        yield { clusterId: BigInt(`0x${clusterId}`), members: members.map(recordOf) };
      }
    } catch (error) {
      if (!signal.aborted) log.debug('the members cannot be followed for now', { reason: String(error) });
    }
    await realClock.sleep(pauseMs, signal);
  }
}

function recordOf({ id, ...member }: StoreMember): MemberRecord {
  return { ...member, id: memberId(BigInt(`0x${id}`)) };
}
