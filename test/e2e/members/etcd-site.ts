// SPDX-License-Identifier: Apache-2.0

import { resolve } from 'node:path';
import type { ClusterStatus } from '../../../src/status/index.js';
import { openSite, type Site } from '../harness.js';

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
}): Promise<Site> {
  const { version = '3.5', machines = 3, bootstrap = 'static', more = [] } = options;
  const site = await openSite();
  await site.write(
    'cluster.yaml',
    [
      `store: {kind: etcd, bootstrap: ${bootstrap}, program: ${folders[version]}/etcd}`,
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
