// SPDX-License-Identifier: Apache-2.0

import type { Clock, ForwardRoutes, ForwardTarget, Log, TcpAddress } from '../effects/index.js';
import type { AskMember } from './ask-member.js';
import { clientUrlsOf, findTcpAddress, type Health, healthOf, planTargets } from './backend.js';
import type { ClusterMembers } from './cluster-members.js';

export interface BackendsDeps {
  readonly ask: Pick<AskMember, 'status'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BackendsOptions {
  /** How often one that is well is looked at. */
  readonly checkEveryMs: number;
  /** How long a new connection waits for one to be well. */
  readonly waitMs: number;
}

/** The members as a forwarder sees them. */
export interface Backends extends ForwardRoutes {
  /** Takes over a new list: checks who came, and closes the connections to who went. */
  update(list: ClusterMembers): void;
}

interface Backend {
  readonly url: string;
  readonly address: TcpAddress;
  readonly clusterId: bigint;
  /** Fires when it has left the list. */
  readonly gone: AbortController;
  health: Health;
  /** Fires to close its connections; a new one stands here afterwards. */
  connections: AbortController;
  /** Fires to check it now. */
  wake: AbortController;
  missed: number;
}

const retryMs = 1_000;
/** One check that went wrong may be chance or load. */
const missesToCut = 2;

/**
 * Keeps each member of the list checked, on its own, so that a silent one holds up nobody. No client is sent anywhere
 * before it has shown the cluster's ID, and again after it was away. All ends with `signal`.
 *
 * @param onDoubt called when a connection failed, for the list may be old
 */
export function openBackends(
  { ask, clock, log }: BackendsDeps,
  options: BackendsOptions,
  onDoubt: () => void,
  signal: AbortSignal,
): Backends {
  const backends = new Map<string, Backend>();
  const state = { turn: 0, changed: new AbortController() };

  const isBetterElsewhere = () => [...backends.values()].some(({ health }) => health === 'good');

  const setHealth = (backend: Backend, health: Health) => {
    if (backend.health === health) return;
    const fields = { url: backend.url, was: backend.health, is: health };
    backend.health = health;
    if (health === 'foreign') {
      const hint = { ...fields, expected: backend.clusterId.toString(16) };
      log.error('refused: a member list names an address that belongs to another cluster', hint);
    } else log.info('a member changed', fields);
    const { changed } = state;
    state.changed = new AbortController();
    changed.abort();
  };

  /** Clients of a member that cannot serve them are better off elsewhere, if there is one. */
  const moveClients = (backend: Backend) => {
    const isHopeless = backend.health === 'foreign' || backend.health === 'learner';
    const isLost = backend.health !== 'good' && backend.missed >= missesToCut && isBetterElsewhere();
    if (!isHopeless && !isLost) return;
    backend.connections.abort();
    backend.connections = new AbortController();
  };

  const watchOver = async (backend: Backend, until: AbortSignal): Promise<void> => {
    while (!until.aborted) {
      backend.wake = new AbortController();
      const status = await ask.status(backend.url).catch(() => undefined);
      if (until.aborted) return;
      const health = healthOf(status, backend.clusterId);
      backend.missed = health === 'good' ? 0 : backend.missed + 1;
      setHealth(backend, health);
      moveClients(backend);
      const pauseMs = health === 'good' ? options.checkEveryMs : retryMs;
      await clock.sleep(pauseMs, AbortSignal.any([until, backend.wake.signal]));
    }
  };

  const add = (url: string, clusterId: bigint) => {
    const address = findTcpAddress(url);
    if (address === undefined) return;
    const backend: Backend = {
      url,
      address,
      clusterId,
      gone: new AbortController(),
      health: 'unchecked',
      connections: new AbortController(),
      wake: new AbortController(),
      missed: 0,
    };
    backends.set(url, backend);
    void watchOver(backend, AbortSignal.any([signal, backend.gone.signal]));
  };

  const remove = (backend: Backend) => {
    backends.delete(backend.url);
    log.info('a member left', { url: backend.url });
    backend.gone.abort();
    backend.connections.abort();
  };

  const choose = (): readonly ForwardTarget[] => {
    const chosen = planTargets([...backends.values()], state.turn);
    return chosen.map(({ address, connections }) => ({ ...address, until: connections.signal }));
  };

  return {
    update({ clusterId, members }) {
      const urls = clientUrlsOf({ clusterId, members });
      for (const backend of [...backends.values()]) if (!urls.includes(backend.url)) remove(backend);
      for (const url of urls) if (!backends.has(url)) add(url, clusterId);
    },
    async targets() {
      state.turn += 1;
      const deadline = clock.monotonic() + options.waitMs;
      for (;;) {
        const chosen = choose();
        const leftMs = deadline - clock.monotonic();
        if (chosen.length > 0 || leftMs <= 0 || signal.aborted) return chosen;
        await clock.sleep(leftMs, AbortSignal.any([signal, state.changed.signal]));
      }
    },
    onRefused({ host, port }) {
      for (const backend of backends.values()) {
        if (backend.address.host !== host || backend.address.port !== port) continue;
        // Nobody knows who will listen there next: it must show its ID again before it gets a client.
        if (backend.health === 'good' || backend.health === 'leaderless') setHealth(backend, 'away');
        backend.wake.abort();
      }
      onDoubt();
    },
  };
}
