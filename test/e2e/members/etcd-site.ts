// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ClusterStatus } from '../../../src/status/index.js';
import { kill, openSite, type Site } from '../harness.js';

export const folders = { '3.4': resolve('.cache/debian/usr/bin'), '3.5': resolve('.cache/debian13/usr/bin') };

/** The stock tool of the version, of API 3. */
export function etcdctl(site: Site, version: keyof typeof folders, endpoints: readonly string[]) {
  return async (...args: readonly string[]): Promise<string> => {
    const ran = await site.run(
      `${folders[version]}/etcdctl`,
      [`--endpoints=${endpoints.join(',')}`, ...args],
      {
        env: { ETCDCTL_API: '3' },
      },
    );
    if (ran.code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${ran.stderr}`);
    return ran.stdout.trim();
  };
}

/** A folder with the cluster file of a cluster that runs etcd; nothing is started. */
export async function openEtcdSite(options: {
  readonly version?: keyof typeof folders;
  readonly machines?: number;
  readonly bootstrap?: 'static' | 'seed';
  /** More lines of the cluster file. */
  readonly more?: readonly string[];
  /** More keys of its store. */
  readonly store?: readonly string[];
  /** A site whose cluster file is written anew; a new one when left out. */
  readonly site?: Site;
}): Promise<Site> {
  const { version = '3.5', machines = 3, bootstrap = 'static', more = [], store = [] } = options;
  const site = options.site ?? (await openSite());
  await site.write(
    'cluster.yaml',
    [
      `store: {${[`kind: etcd, bootstrap: ${bootstrap}, program: ${folders[version]}/etcd`, ...store].join(', ')}}`,
      `machines: ${machines}`,
      ...more,
      '',
    ].join('\n'),
  );
  return site;
}

/** The state of the store in a status, as a test reads it. */
export function storeOf(status: ClusterStatus) {
  const { store } = status;
  if (store === undefined) throw new Error(`no store of its own: ${JSON.stringify(status)}`);
  return { ...store, states: store.members.map(({ state }) => state) };
}

/** The last events of the store, oldest first. */
export async function eventsOf(site: Site) {
  const { stdout } = await site.muster('events', '-o', 'json', '--lines', '1000');
  return JSON.parse(stdout) as readonly {
    readonly kind: string;
    readonly machine: string;
    readonly memberId: string;
  }[];
}

/** The processes of one machine, agent and etcd alike. */
async function processesOf(site: Site, name: string): Promise<readonly number[]> {
  const all = await site.processes();
  const isOf = await Promise.all(
    all.map(async ({ pid }) =>
      (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).includes(`/machines/${name}/root`),
    ),
  );
  return all.filter((_, index) => isOf[index]).map(({ pid }) => pid);
}

/** Signals all processes of one machine. */
export async function signalMachine(site: Site, name: string, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await processesOf(site, name)) kill(pid, signal);
}
