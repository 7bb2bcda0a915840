// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';
import type { CloudConfig } from '../cloud-config.js';
import { problem } from '../rule.js';
import { findPlaceholder, substituteSamples } from '../substitute.js';
import { splitUrls, textOf } from './etcd-bootstrap.js';

/** What fleet and flannel read out of their options, beyond one line of text. */
export function checkFleet({ fleet, flannel }: CloudConfig): readonly DataProblem[] {
  const wrongPairs = splitUrls(textOf(fleet, 'metadata')).filter((pair) => !/^[^=\s]+=[^=]*$/.test(pair));
  const metadata = wrongPairs.map((pair) =>
    problem(
      'doubtful-value',
      'warning',
      ['coreos', 'fleet', 'metadata'],
      [`${quoteValue(pair)} is no pair of metadata`, 'write key=value, with commas between'],
    ),
  );
  return [
    ...metadata,
    ...checkAddress(['coreos', 'fleet', 'public_ip'], textOf(fleet, 'public_ip')),
    ...checkAddress(['coreos', 'flannel', 'public_ip'], textOf(flannel, 'public_ip')),
    ...checkUrls(['coreos', 'fleet', 'etcd_servers'], textOf(fleet, 'etcd_servers')),
    ...checkUrls(['coreos', 'flannel', 'etcd_endpoints'], textOf(flannel, 'etcd_endpoints')),
  ];
}

function checkAddress(path: readonly string[], text: string): readonly DataProblem[] {
  const address = substituteSamples(text);
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(address) || /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(address);
  if (text === '' || isAddress || findPlaceholder(text) !== undefined) return [];
  const told = [
    `${quoteValue(text)} is not an address`,
    'write $public_ipv4, $private_ipv4 or an IP',
  ] as const;
  return [problem('doubtful-value', 'warning', path, told)];
}

function checkUrls(path: readonly string[], text: string): readonly DataProblem[] {
  const wrong = splitUrls(text).filter((url) => !/^https?:\/\/[^\s/]+/.test(url) && !findPlaceholder(url));
  return wrong.map((url) =>
    problem('doubtful-value', 'warning', path, [
      `${quoteValue(url)} is not a URL`,
      'write http://127.0.0.1:2379',
    ]),
  );
}
