// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';
import type { CloudConfig, SectionOptions } from '../cloud-config.js';
import { isEtcdUrl } from '../option-fields.js';
import { problem } from '../rule.js';
import { findPlaceholder, substituteSamples } from '../substitute.js';

type EtcdSection = 'etcd' | 'etcd2';

/**
 * How etcd finds its cluster: by one way only, and with itself in what it is told.
 *
 * Source: etcd 2.3, etcdmain/config.go (one way) and etcdserver/config.go (own name, own peer URLs); discovery URL:
 * coreos-cloudinit f1f0405, config/validate/rules.go.
 */
export function checkEtcdBootstrap(config: CloudConfig): readonly DataProblem[] {
  return (['etcd', 'etcd2'] as const).flatMap((section) => {
    const options = config[section];
    return [
      ...checkWays(section, options),
      ...checkDiscovery(section, options),
      ...checkInitialCluster(section, options),
    ];
  });
}

function checkWays(section: EtcdSection, options: SectionOptions): readonly DataProblem[] {
  const ways = ['initial_cluster', 'discovery', 'discovery_srv'].filter((key) => textOf(options, key) !== '');
  const [first, ...others] = ways;
  return others.map((key) =>
    problem(
      'etcd-bootstrap',
      'error',
      ['coreos', section, key],
      [`${key} stands beside ${first}, and etcd takes only one of them`, `keep one of ${ways.join(', ')}`],
      { at: 'key' },
    ),
  );
}

function checkDiscovery(section: EtcdSection, options: SectionOptions): readonly DataProblem[] {
  const url = textOf(options, 'discovery');
  if (url === '' || findPlaceholder(url) !== undefined || /^https?:\/\/[^\s/]+\/\S+$/.test(url)) return [];
  const hint = 'write the URL of a token: `muster discovery new` prints one';
  return [
    problem(
      'etcd-bootstrap',
      'error',
      ['coreos', section, 'discovery'],
      [`${quoteValue(url)} is not the URL of a discovery token`, hint],
    ),
  ];
}

function checkInitialCluster(section: EtcdSection, options: SectionOptions): readonly DataProblem[] {
  const text = textOf(options, 'initial_cluster');
  if (text === '' || findPlaceholder(text) !== undefined) return [];
  const path = ['coreos', section, 'initial_cluster'];
  const entries = text.split(',').map((entry) => entry.trim());
  const wrong = entries.filter((entry) => !isEntry(entry));
  if (wrong.length > 0)
    return wrong.map((entry) =>
      problem('etcd-bootstrap', 'error', path, [
        `${quoteValue(entry)} is no member of a cluster`,
        'write name=URL for each, with commas between: core-01=http://10.0.0.11:2380',
      ]),
    );
  return checkOwnEntry(path, options, entries);
}

function checkOwnEntry(
  path: readonly string[],
  options: SectionOptions,
  entries: readonly string[],
): readonly DataProblem[] {
  const name = textOf(options, 'name') || 'default';
  // A proxy is no member; and whether a machine's own name is among others is known once it is filled in.
  const isProxy = ['on', 'readonly'].includes(textOf(options, 'proxy'));
  if (isProxy || findPlaceholder(name) !== undefined) return [];
  const urls = entries
    .filter((entry) => entry.startsWith(`${name}=`))
    .map((entry) => entry.slice(name.length + 1));
  if (urls.length === 0 && isVariable(name)) return [];
  if (urls.length === 0) {
    const names = [...new Set(entries.map((entry) => entry.slice(0, entry.indexOf('='))))].join(', ');
    const isNamed = textOf(options, 'name') !== '';
    const message = isNamed
      ? `this holds ${names}, and not this machine, ${quoteValue(name)}`
      : `this machine has no name:, so that etcd calls it "default", which is not in here`;
    return [
      problem('etcd-bootstrap', 'error', path, [message, `add ${name}=URL, or set name: to one of ${names}`]),
    ];
  }
  const own = splitUrls(textOf(options, 'initial_advertise_peer_urls') || 'http://localhost:2380');
  const isOpen = (url: string) =>
    findPlaceholder(url) !== undefined || isVariable(url) || urls.some(isVariable);
  const missing = own.filter((url) => !urls.includes(url) && !isOpen(url));
  return missing.map((url) =>
    problem('etcd-bootstrap', 'error', path, [
      `this has ${urls.join(', ')} for ${quoteValue(name)}, which advertises ${url} to its peers`,
      'write the same URLs here and in initial_advertise_peer_urls',
    ]),
  );
}

function isVariable(text: string): boolean {
  return substituteSamples(text) !== text;
}

function isEntry(entry: string): boolean {
  const at = entry.indexOf('=');
  return at > 0 && isEtcdUrl(entry.slice(at + 1), { isListener: false });
}

/** URLs with commas between, without blanks around them. */
export function splitUrls(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((url) => url.trim());
}

/** An option that is text; empty when it is not written. */
export function textOf(options: SectionOptions, key: string): string {
  return String(options[key] ?? '');
}
