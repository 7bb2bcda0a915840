// SPDX-License-Identifier: Apache-2.0

import { stringify } from 'yaml';
import type { MemberRecord } from '../../etcd/index.js';
import type { MemberId } from '../../model/index.js';

/** What the etcd of an added member is started with, once. */
export interface StartSettings {
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** `name=URL` of every member, itself included, with commas between them. */
  readonly initialCluster: string;
}

/**
 * The new member has no name in the list yet. Others that were never started have none either, which does no harm:
 * etcd compares peer URLs only.
 */
export function settingsOf(members: readonly MemberRecord[], id: MemberId, name: string): StartSettings {
  const added = members.find((one) => one.id === id);
  const named = members.flatMap((one) =>
    one.peerUrls.map((url) => `${one.id === id ? name : one.name}=${url}`),
  );
  return { name, peerUrls: added?.peerUrls ?? [], initialCluster: named.join(',') };
}

/** The three lines of `ETCDCTL_API=2 etcdctl member add`. */
export function renderV2Lines({ name, initialCluster }: StartSettings): string {
  return [
    `ETCD_NAME="${name}"`,
    `ETCD_INITIAL_CLUSTER="${initialCluster}"`,
    'ETCD_INITIAL_CLUSTER_STATE="existing"',
    '',
  ].join('\n');
}

/** All that etcd needs to start by this environment, in the order of `etcdctl member add`. */
export function renderEnv({ name, initialCluster, peerUrls }: StartSettings): string {
  return [
    `ETCD_NAME="${name}"`,
    `ETCD_INITIAL_CLUSTER="${initialCluster}"`,
    `ETCD_INITIAL_ADVERTISE_PEER_URLS="${peerUrls.join(',')}"`,
    'ETCD_INITIAL_CLUSTER_STATE="existing"',
    '',
  ].join('\n');
}

/** To be merged into the user-data of the machine; its addresses to listen on stay as they are there. */
export function renderCloudConfig(settings: StartSettings): string {
  const etcd2 = {
    name: settings.name,
    'initial-advertise-peer-urls': settings.peerUrls.join(','),
    'initial-cluster': settings.initialCluster,
    'initial-cluster-state': 'existing',
  };
  return `#cloud-config\n${stringify({ coreos: { etcd2 } }, { version: '1.1', lineWidth: 0 })}`;
}

/** One line for a shell. */
export function renderFlags({ name, peerUrls, initialCluster }: StartSettings): string {
  const flags = [
    ['--name', name],
    ['--initial-advertise-peer-urls', peerUrls.join(',')],
    ['--initial-cluster', initialCluster],
    ['--initial-cluster-state', 'existing'],
  ];
  return `${flags.map(([flag, value = '']) => `${flag} ${quote(value)}`).join(' ')}\n`;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
