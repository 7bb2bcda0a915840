// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { connect, type EtcdClient, keyOf, textOf } from '../../src/etcd/index.js';
import { fleetLockHandler, openRebootLock } from '../../src/lock/index.js';
import { openStore } from '../../src/store/index.js';
import { listenView } from './etcd-v2-parts.js';
import { withFolder } from './store-process.js';

const semaphore = '/coreos.com/updateengine/rebootlock/semaphore';
const max = 2;

/** One who wants the lock once. Both may be asked as often as one likes; `acquire` is false while it is refused. */
interface Client {
  acquire(): Promise<boolean>;
  release(): Promise<void>;
}

test('fifty clients of all three faces, some of which crash: never too many, and none forgotten', {
  timeout: 120_000,
}, async () => {
  await withFolder(async (folder) => {
    const store = await openStore({ clock: realClock, random: realRandom, log: silentLog }, { folder });
    const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
    const view = await listenView(store.kv);
    const connections = Array.from({ length: 5 }, () => connect([url]));
    try {
      const locks = connections.map((kv) => openRebootLock({ kv, clock: realClock, random: realRandom }));
      await locks[0]?.setSlots('', { kind: 'number', count: max }, 50);
      const inside = new Set<string>();
      const been: string[] = [];
      await Promise.all(
        Array.from({ length: 50 }, async (_, number) => {
          const id = `client-${number}`;
          const lock = locks[number % locks.length];
          if (lock === undefined) throw new Error('no lock');
          const open = [ofMuster, ofFleetLock].at(number % 3);
          const client = open === undefined ? ofLocksmith(view.url, id) : open(lock, id);
          await untilGranted(client);
          inside.add(id);
          expect(inside.size).toBeLessThanOrEqual(max);
          await pause();
          inside.delete(id);
          been.push(id);
          await client.release();
        }),
      );
      expect(been).toHaveLength(50);
      const history = await semaphoresOf(connections[0]);
      expect(history.length).toBeGreaterThanOrEqual(100);
      expect(history.filter(({ holders }) => (holders?.length ?? 0) > max)).toEqual([]);
      expect(history.at(-1)).toEqual({ semaphore: max, max, holders: [] });
    } finally {
      await Promise.all(connections.map((client) => client.close()));
      await view.close();
      await store.close();
    }
  });
});

/** One in five dies before it has the answer, and asks anew after its start. */
async function untilGranted(client: Client): Promise<void> {
  for (;;) {
    const asked = client.acquire();
    if (Math.random() < 0.2) {
      await asked.catch(() => {});
    } else if (await asked) return;
    await pause();
  }
}

function pause(): Promise<void> {
  return realClock.sleep(Math.random() * 20);
}

type Lock = ReturnType<typeof openRebootLock>;

function ofMuster(lock: Lock, id: string): Client {
  const request = { id, machine: '', bootId: '', face: 'muster', waitMs: 2_000 } as const;
  return {
    acquire: async () => (await lock.acquire('', request, async () => undefined)).kind === 'granted',
    release: async () => void (await lock.release('', id)),
  };
}

function ofFleetLock(lock: Lock, id: string): Client {
  const handler = fleetLockHandler({
    lock,
    log: silentLog,
    groups: async () => new Set(['default']),
    machineOf: async () => ({ machine: '', bootId: '' }),
    gateFor: () => async () => undefined,
    notWell: async () => undefined,
  });
  const ask = (path: string) =>
    handler(
      new Request(`http://lock/v1/${path}`, {
        method: 'POST',
        headers: { 'fleet-lock-protocol': 'true' },
        body: JSON.stringify({ client_params: { id, group: 'default' } }),
      }),
    );
  return {
    acquire: async () => (await ask('pre-reboot')).status === 200,
    async release() {
      while ((await ask('steady-state')).status !== 200) await pause();
    },
  };
}

/** As locksmithctl: read, change, compare and swap on the index, nothing else known. */
function ofLocksmith(url: string, id: string): Client {
  const change = async (next: (was: Semaphore) => Semaphore | undefined) => {
    const read = await fetch(`${url}/v2/keys${semaphore}`);
    const { node } = (await read.json()) as { readonly node: { value: string; modifiedIndex: number } };
    const wanted = next(JSON.parse(node.value) as Semaphore);
    if (wanted === undefined) return undefined;
    const written = await fetch(`${url}/v2/keys${semaphore}?prevIndex=${node.modifiedIndex}`, {
      method: 'PUT',
      body: new URLSearchParams({ value: JSON.stringify(wanted) }),
    });
    await written.arrayBuffer();
    return written.ok;
  };
  return {
    async acquire() {
      let isMine = false;
      const taken = await change((was) => {
        isMine = was.holders?.includes(id) === true;
        if (isMine || was.semaphore <= 0) return undefined;
        const holders = [...(was.holders ?? []), id].sort();
        return { ...was, semaphore: was.semaphore - 1, holders };
      });
      return isMine || taken === true;
    },
    async release() {
      const free = ({ semaphore: places, holders, ...rest }: Semaphore) => {
        const others = (holders ?? []).filter((one) => one !== id);
        return { semaphore: places + 1, ...rest, holders: others };
      };
      while ((await change(free)) !== true) await pause();
    },
  };
}

interface Semaphore {
  readonly semaphore: number;
  readonly max: number;
  readonly holders: readonly string[] | null;
}

/** What the key has been, change by change. */
async function semaphoresOf(client: EtcdClient | undefined): Promise<readonly Semaphore[]> {
  if (client === undefined) return [];
  const last = (await client.range({ key: keyOf(semaphore) })).kvs[0]?.modRevision;
  const seen: Semaphore[] = [];
  const over = new AbortController();
  const first = (await client.range({ key: keyOf(semaphore) })).kvs[0]?.createRevision;
  for await (const message of client.watch(
    { key: keyOf(semaphore), startRevision: first ?? 1 },
    over.signal,
  )) {
    if (message.kind !== 'events') continue;
    for (const { kv } of message.events) {
      seen.push(JSON.parse(textOf(kv.value)) as Semaphore);
      if (kv.modRevision === last) over.abort();
    }
  }
  return seen;
}
