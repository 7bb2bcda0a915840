// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from '../../spec/index.js';
import type { CloudConfig, SectionOptions } from '../cloud-config.js';
import { problem } from '../rule.js';
import { splitUrls, textOf } from './etcd-bootstrap.js';

/** Certificates, timing, and what wipes a cluster. */
export function checkEtcdSafety({ etcd2 }: CloudConfig): readonly DataProblem[] {
  return [
    ...checkTls(etcd2, 'listen_client_urls', 'cert_file', 'key_file'),
    ...checkTls(etcd2, 'listen_peer_urls', 'peer_cert_file', 'peer_key_file'),
    ...checkTiming(etcd2),
    ...checkForce(etcd2),
  ];
}

function checkTls(options: SectionOptions, urls: string, cert: string, key: string): readonly DataProblem[] {
  const isHttps = splitUrls(textOf(options, urls)).some((url) => url.startsWith('https:'));
  const [hasCert, hasKey] = [textOf(options, cert) !== '', textOf(options, key) !== ''];
  if (hasCert !== hasKey) {
    const [there, missing] = hasCert ? [cert, key] : [key, cert];
    const told = [`${there} is of no use without ${missing}`, `add ${missing}, or take it out`] as const;
    return [problem('etcd-tls', 'error', ['coreos', 'etcd2', there], told)];
  }
  if (!isHttps || hasCert) return [];
  const told = [`etcd cannot serve https without ${cert} and ${key}`, `add ${cert} and ${key}`] as const;
  return [problem('etcd-tls', 'error', ['coreos', 'etcd2', urls], told)];
}

/** Source: etcd 2.3, etcdmain/config.go: five heartbeats at least, 50 s at most. */
function checkTiming(options: SectionOptions): readonly DataProblem[] {
  const heartbeat = Number(options.heartbeat_interval ?? 0) || 100;
  const election = Number(options.election_timeout ?? 0) || 1000;
  const key = options.election_timeout === undefined ? 'heartbeat_interval' : 'election_timeout';
  const path = ['coreos', 'etcd2', key];
  if (election < 5 * heartbeat)
    return [
      problem('etcd-timing', 'error', path, [
        `an election after ${election} ms is too early for a heartbeat each ${heartbeat} ms: etcd does not start`,
        `write an election_timeout of ${heartbeat * 10}, in milliseconds`,
      ]),
    ];
  const tooLong = [
    'etcd waits 50000 ms for an election at most',
    'write up to 50000, in milliseconds',
  ] as const;
  return election > 50_000 ? [problem('etcd-timing', 'error', path, tooLong)] : [];
}

function checkForce(options: SectionOptions): readonly DataProblem[] {
  if (options.force_new_cluster !== true) return [];
  const told = [
    'at each boot this machine forgets all other members and becomes a cluster of its own',
    'take it out; to recover a cluster use `muster recover`',
  ] as const;
  return [problem('etcd-bootstrap', 'warning', ['coreos', 'etcd2', 'force_new_cluster'], told)];
}
