// SPDX-License-Identifier: Apache-2.0

import type { DataPath, DataProblem } from '../../spec/index.js';
import { parseUnitFile } from '../../units/index.js';
import type { CloudConfig } from '../cloud-config.js';
import { problem } from '../rule.js';
import { splitUrls, textOf } from './etcd-bootstrap.js';

interface Listener {
  /** Empty: every address. */
  readonly host: string;
  readonly port: string;
  readonly path: DataPath;
  readonly line?: number;
  /** As messages name it. */
  readonly who: string;
}

/** Ports that two listeners want: of etcd, and of sockets among the units. */
export function checkPorts(config: CloudConfig): readonly DataProblem[] {
  const listeners = [...listenersOfEtcd(config), ...listenersOfSockets(config)];
  return listeners.flatMap((one, index) => {
    const first = listeners.slice(0, index).find((other) => isSamePlace(one, other));
    if (first === undefined) return [];
    const message = `port ${one.port} is wanted by ${one.who} and by ${first.who}`;
    const where = one.line === undefined ? {} : { line: one.line };
    return [problem('port-clash', 'error', one.path, [message, 'give one of them another port'], where)];
  });
}

/** A listener on every address takes the port from all others. */
function isSamePlace(one: Listener, other: Listener): boolean {
  if (one.port !== other.port) return false;
  return one.host === other.host || one.host === '' || other.host === '';
}

function listenersOfEtcd({ etcd, etcd2 }: CloudConfig): readonly Listener[] {
  const urls = ['listen_client_urls', 'listen_peer_urls'].flatMap((key) =>
    splitUrls(textOf(etcd2, key)).map((url) => [key, url] as const),
  );
  const two = urls.flatMap(([key, url]) => {
    const [, host = '', port] = /^https?:\/\/(.*):(\d+)$/.exec(url) ?? [];
    if (port === undefined) return [];
    return [{ host: foldHost(host), port, path: ['coreos', 'etcd2', key], who: `etcd2 ${key}` }];
  });
  const one = ['addr', 'peer_addr'].flatMap((key) => {
    const port = /:(\d+)$/.exec(textOf(etcd, key))?.[1];
    return port === undefined ? [] : [{ host: '', port, path: ['coreos', 'etcd', key], who: `etcd ${key}` }];
  });
  return [...two, ...one];
}

function listenersOfSockets({ units }: CloudConfig): readonly Listener[] {
  return units.flatMap(({ name, content }, index) => {
    if (!name.endsWith('.socket') || content === '') return [];
    const sections = parseUnitFile(content).unit.sections.filter((section) => section.name === 'Socket');
    return sections
      .flatMap((section) => section.entries)
      .filter(({ key }) => key === 'ListenStream')
      .flatMap(({ value, line }) => {
        const [, host = '', port] = /^(?:(.*):)?(\d+)$/.exec(value) ?? [];
        if (port === undefined) return [];
        return [{ host: foldHost(host), port, path: ['coreos', 'units', index, 'content'], line, who: name }];
      });
  });
}

function foldHost(host: string): string {
  return ['0.0.0.0', '[::]', '*'].includes(host) ? '' : host.replace('localhost', '127.0.0.1');
}
