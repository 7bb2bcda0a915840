// SPDX-License-Identifier: Apache-2.0

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Running, Site } from '../harness.js';
import { folders } from './etcd-site.js';

/** An etcd that muster did not start, at an address of its own beside the cluster's machines. */
export interface Foreign {
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly process: Running;
}

/** With a name server of its own, as a machine elsewhere has it; root only. */
export interface ForeignOptions {
  readonly version: keyof typeof folders;
  readonly name: string;
  /** IPv4, on loopback. */
  readonly address: string;
  readonly flags: readonly string[];
  readonly nameServer?: string;
}

export async function startForeign(site: Site, options: ForeignOptions): Promise<Foreign> {
  const { version, name, address, flags } = options;
  const [peerUrl, clientUrl] = [`http://${address}:2380`, `http://${address}:2379`];
  const dataDir = join(site.folder, `foreign-${name}`);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const words = [
    `${folders[version]}/etcd`,
    ...['--name', name, '--data-dir', dataDir],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...flags,
  ];
  const [command = '', ...args] = withNameServer(words, options.nameServer);
  return { peerUrl, clientUrl, process: site.launch(command, args) };
}

/** The words that run `words` where this name server, and no other, is asked. */
export function withNameServer(words: readonly string[], nameServer: string | undefined): readonly string[] {
  if (nameServer === undefined) return words;
  const script =
    'file=$(mktemp) && echo "nameserver $0" >"$file" && mount --bind "$file" /etc/resolv.conf && rm "$file" && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, nameServer, ...words];
}
