// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import { memberId } from '../../model/index.js';
import { findTcpAddress } from '../backend.js';
import { fail } from '../errors.js';
import { findDomainName } from './domain-name.js';

/**
 * Reads `NAME=PEER-URL[,CLIENT-URL]`, a member that is to be: before a cluster has formed nobody has a list of its
 * members. Its ID is 0.
 *
 * @throws `bootstrap/bad-static-member`
 */
export function parseStaticMember(text: string): MemberRecord {
  const wrong = (why: string) => fail('bootstrap/bad-static-member', { text, why });
  const [name = '', ...rest] = text.split('=');
  const [peerUrl = '', ...clientUrls] = rest.join('=').split(',');
  if (findDomainName(name) === undefined || name.includes('.'))
    throw wrong(`"${name}" is no name for a host`);
  const bad = [peerUrl, ...clientUrls].find((url) => findTcpAddress(url) === undefined);
  if (bad !== undefined) throw wrong(`"${bad}" is no URL`);
  return { id: memberId(0n), name, peerUrls: [peerUrl], clientUrls, isLearner: false };
}
