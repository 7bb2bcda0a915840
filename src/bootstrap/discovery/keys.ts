// SPDX-License-Identifier: Apache-2.0

import { type KeyRange, prefixRange } from '../../etcd/index.js';

/** Under it lies everything of the discovery service, and nothing else. */
export const registryPrefix = '/_etcd/registry/';

const tokenPattern = /^[0-9a-f]{32}$/;
/** As etcd prints IDs: hex, without leading zeros. */
const memberPattern = /^[0-9a-f]{1,16}$/;

export const isToken = (text: string): boolean => tokenPattern.test(text);
export const isMemberId = (text: string): boolean => memberPattern.test(text);

/**
 * The keys of one token. `size` and `members/…` are those of discovery protocol v3 (etcd-io/etcd main,
 * server/etcdserver/api/v3discovery/discovery.go); `life` and `freed` are muster's own and no client's business.
 */
export const sizeKey = (token: string): string => `${registryPrefix}${token}/_config/size`;
export const lifeKey = (token: string): string => `${registryPrefix}${token}/_config/life`;
/** Its mod revision is that of the last freeing of a slot. */
export const freedKey = (token: string): string => `${registryPrefix}${token}/_config/freed`;
export const memberKey = (token: string, memberId: string): string =>
  `${registryPrefix}${token}/members/${memberId}`;

export const tokenRange = (token: string): Required<KeyRange> => prefixRange(`${registryPrefix}${token}/`);

/** A slash less than one would think: it is what v3 clients ask for. */
export const membersPrefix = (token: string): string => `${registryPrefix}${token}/members`;

export type RegistryKey =
  | { readonly kind: 'size' | 'life' | 'freed'; readonly token: string }
  | { readonly kind: 'member'; readonly token: string; readonly memberId: string };

/** What a key holds; `undefined` for keys that the service does not know. */
export function findRegistryKey(key: string): RegistryKey | undefined {
  if (!key.startsWith(registryPrefix)) return undefined;
  const [token = '', folder, name = '', ...rest] = key.slice(registryPrefix.length).split('/');
  if (!isToken(token) || rest.length > 0) return undefined;
  if (folder === 'members') return isMemberId(name) ? { kind: 'member', token, memberId: name } : undefined;
  if (folder !== '_config') return undefined;
  return name === 'size' || name === 'life' || name === 'freed' ? { kind: name, token } : undefined;
}
