// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue, told } from '../../spec/index.js';
import {
  countOption,
  type DaemonOption,
  daemonSection,
  switchOption,
  textOption,
} from '../daemon-section.js';
import type { Section } from '../section.js';
import { findPlaceholder, substituteSamples } from '../substitute.js';

/**
 * `coreos.etcd2`: ETCD_… variables of etcd2.service.
 *
 * Source of names, types and order: coreos-cloudinit f1f0405, config/etcd2.go.
 */
export const etcd2: Section = daemonSection({
  name: 'etcd2',
  prefix: 'ETCD_',
  unit: 'etcd2.service',
  options: [
    urlsOption('advertise_client_urls', { isListener: false }),
    textOption('ca_file'),
    textOption('cert_file'),
    switchOption('client_cert_auth'),
    textOption('cors'),
    textOption('data_dir'),
    switchOption('debug'),
    textOption('discovery'),
    textOption('discovery_fallback'),
    textOption('discovery_srv'),
    textOption('discovery_proxy'),
    countOption('election_timeout'),
    switchOption('enable_pprof'),
    switchOption('force_new_cluster'),
    countOption('heartbeat_interval'),
    urlsOption('initial_advertise_peer_urls', { isListener: false }),
    textOption('initial_cluster'),
    textOption('initial_cluster_state'),
    textOption('initial_cluster_token'),
    textOption('key_file'),
    urlsOption('listen_client_urls', { isListener: true }),
    urlsOption('listen_peer_urls', { isListener: true }),
    textOption('log_package_levels'),
    countOption('max_snapshots'),
    countOption('max_wals'),
    textOption('name'),
    textOption('peer_ca_file'),
    textOption('peer_cert_file'),
    textOption('peer_key_file'),
    switchOption('peer_client_cert_auth'),
    textOption('peer_trusted_ca_file'),
    proxyOption(),
    countOption('proxy_dial_timeout'),
    countOption('proxy_failure_wait'),
    countOption('proxy_read_timeout'),
    countOption('proxy_refresh_interval'),
    countOption('proxy_write_timeout'),
    countOption('snapshot_count'),
    switchOption('strict_reconfig_check'),
    textOption('trusted_ca_file'),
    textOption('wal_dir'),
  ],
});

function proxyOption(): DaemonOption {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${quoteValue(input)} is none of on, off, readonly`;
  const field = z.enum(['on', 'off', 'readonly'], { error });
  return { key: 'proxy', field: told(field, 'Option proxy.', 'write on, off or readonly', ['on']) };
}

/** URLs with commas between, as etcd takes them: scheme, host and port, nothing else. */
function urlsOption(key: string, { isListener }: { readonly isListener: boolean }): DaemonOption {
  const field = z.string().superRefine((text, context) => {
    for (const url of text === '' ? [] : text.split(','))
      if (!isEtcdUrl(url.trim(), isListener))
        context.addIssue({ code: 'custom', message: `${quoteValue(url.trim())} is not a URL of etcd` });
  });
  const example = isListener ? 'http://0.0.0.0:2379' : 'http://$private_ipv4:2379';
  const hint = `write http or https, a host and a port, for example ${example}`;
  return { key, field: told(field, `Option ${key}: URLs, with commas between.`, hint, [example]) };
}

/** Source: etcd 2.3, pkg/types/urls.go. A URL with placeholders is told of elsewhere. */
function isEtcdUrl(text: string, isListener: boolean): boolean {
  if (findPlaceholder(text) !== undefined) return true;
  const url = substituteSamples(text);
  if (/^unixs?:\/\/[^\s]+$/.test(url)) return true;
  const parts = /^https?:\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@\s[\]]*):([0-9]{1,5})$/.exec(url);
  if (parts === null || Number(parts[2]) > 65535) return false;
  return isListener || parts[1] !== '';
}
